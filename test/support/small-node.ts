import { chmod, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import type { Cgroup } from '../../runtime/cgroup/index.ts'
import type { Project } from './project.ts'

/** A project whose Vitest runs in a cgroup, as on a machine that has no more memory than that. */
export async function onSmallNode(project: Project, cgroup: Cgroup): Promise<Project> {
  const node = await nodeInCgroup(project.node, cgroup, join(dirname(project.directory), 'node-in-cgroup'))
  return { ...project, node }
}

/** @returns `script`, made to run that Node in the cgroup */
export async function nodeInCgroup(node: string, cgroup: Cgroup, script: string): Promise<string> {
  const enter = cgroup.procsFiles.map((file) => `echo 0 >'${file}' || exit 125`)
  await writeFile(script, ['#!/bin/sh', ...enter, `exec '${node}' "$@"`, ''].join('\n'))
  await chmod(script, 0o755)
  return script
}

const line = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    file: v.string(),
    scheduling: v.object({
      memory: v.number(),
      cpu: v.optional(v.number(), 0),
      pendingTime: v.number(),
      admittedTime: v.number(),
      releasedTime: v.number(),
    }),
  }),
)

/** What a pod held of the node, and from when to when, in milliseconds. */
export type Held = v.InferOutput<typeof line>['scheduling'] & { readonly file: string }

/** @param profile what a run has written that had MYDOCKER_PROFILE set */
export async function readHeld(profile: string): Promise<Held[]> {
  const lines = (await readFile(profile, 'utf8')).trim().split('\n')
  return lines.map((text) => {
    const { file, scheduling } = v.parse(line, text)
    return { file, ...scheduling }
  })
}

/** The most of a resource that was reserved at any moment, and the most pods that there were. */
export function peaks(held: readonly Held[]): { memory: number; cpu: number; pods: number } {
  // What is released in the same millisecond as something is admitted was released first.
  const moments = held.map(({ admittedTime }) =>
    held.filter((other) => other.admittedTime <= admittedTime && other.releasedTime > admittedTime),
  )
  const sum = (pods: readonly Held[], resource: 'memory' | 'cpu'): number =>
    pods.reduce((total, pod) => total + pod[resource], 0)
  return {
    memory: Math.max(0, ...moments.map((pods) => sum(pods, 'memory'))),
    cpu: Math.max(0, ...moments.map((pods) => sum(pods, 'cpu'))),
    pods: Math.max(0, ...moments.map((pods) => pods.length)),
  }
}
