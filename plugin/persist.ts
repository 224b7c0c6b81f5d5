import type { Stats } from 'node:fs'
import { access, lchown, lstat, mkdir, rm } from 'node:fs/promises'
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import picomatch from 'picomatch'
import type { PoolOptions } from 'vitest/node'
import type { Change, Container } from '../runtime/container.ts'
import { messageOf } from '../runtime/errors.ts'
import { resolveInside } from './carry.ts'
import type { PodSpec } from './pod-spec.ts'
import { writableRoots } from './workspace.ts'

/** Which writes of a pod survive it. */
export interface PersistPolicy {
  /** Globs relative to `root`, or absolute. */
  readonly globs: readonly string[]
  readonly root: string
  /** Nothing is written outside of these. */
  readonly roots: readonly string[]
  /** Directories in which Node itself leaves reports at its end, with the patterns of their names. */
  readonly reports: readonly NodeReport[]
}

/** What the options of a pod, and the flags of its Node, say about that. */
export function persistPolicy({ project, execArgv, env }: PoolOptions, spec: PodSpec): PersistPolicy {
  return {
    globs: spec.persist,
    root: project.config.root,
    roots: writableRoots(project.config.root),
    reports: nodeReports(execArgv, env, spec.workingDir ?? process.cwd()),
  }
}

/** Files that a Node process writes when it ends: CPU and heap profiles, V8 coverage. */
export interface NodeReport {
  readonly directory: string
  readonly extension: string
}

/**
 * Copies what a pod wrote, where the policy says so, and deletes what it deleted. Call when the pod has ended and before it is removed.
 * @returns problems, one sentence each: the files are not written then, the others are
 */
export async function persist(container: Container, policy: PersistPolicy): Promise<string[]> {
  if (policy.globs.length === 0 && policy.reports.length === 0) return []
  const wanted = matcher(policy)
  const problems: string[] = []
  for (const change of await container.changes()) {
    try {
      if (wanted(change.path)) await apply(container, change, await resolveInside(change.path, policy.roots))
      else if (change.type === 'file' && isReport(change, policy.reports)) await copyReport(container, change.path)
    } catch (error) {
      problems.push(`${change.path} could not be kept: ${messageOf(error)}`)
    }
  }
  return problems
}

/**
 * Where Node leaves its reports by these arguments and variables. A container's process is always the same pid, so their names
 * are made unique when they are copied.
 */
export function nodeReports(
  execArgv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  workingDir: string,
): NodeReport[] {
  const has = (flag: string): boolean =>
    execArgv.some((argument) => argument === flag || argument.startsWith(`${flag}=`))
  const value = (flag: string): string | undefined =>
    execArgv.find((argument) => argument.startsWith(`${flag}=`))?.slice(flag.length + 1)
  const directory = (flag: string): string => resolve(workingDir, value(flag) ?? value('--diagnostic-dir') ?? '.')
  return [
    ...(has('--cpu-prof') ? [{ directory: directory('--cpu-prof-dir'), extension: '.cpuprofile' }] : []),
    ...(has('--heap-prof') ? [{ directory: directory('--heap-prof-dir'), extension: '.heapprofile' }] : []),
    ...(env.NODE_V8_COVERAGE ? [{ directory: resolve(workingDir, env.NODE_V8_COVERAGE), extension: '.json' }] : []),
  ]
}

function matcher({ globs, root }: PersistPolicy): (path: string) => boolean {
  const patterns = globs.map((glob) => (isAbsolute(glob) ? glob : join(root, glob)).split(sep).join('/'))
  const matches = picomatch(patterns, { dot: true })
  return (path) => patterns.length > 0 && matches(path)
}

async function apply(container: Container, change: Change, target: string): Promise<void> {
  if (change.kind === 'deleted') return rm(target, { recursive: true, force: true })
  if (change.type === 'directory') return void (await mkdir(target, { recursive: true }))
  await mkdir(dirname(target), { recursive: true })
  const existing = await lstat(target).catch(() => undefined)
  if (existing?.isDirectory() === true) await rm(target, { recursive: true })
  await copyOut(container, change.path, target, existing)
}

/** Ids inside a container mean nothing outside: what was there keeps its owner, what is new is ours. */
async function copyOut(container: Container, path: string, target: string, existing?: Stats): Promise<void> {
  await container.copyOut(path, target)
  const [uid, gid] = [process.getuid?.(), process.getgid?.()]
  if (uid === 0 && gid !== undefined) await lchown(target, existing?.uid ?? uid, existing?.gid ?? gid)
}

function isReport({ kind, path }: Change, reports: readonly NodeReport[]): boolean {
  return (
    kind !== 'deleted' &&
    reports.some(({ directory, extension }) => {
      return relative(directory, dirname(path)) === '' && extname(path) === extension
    })
  )
}

async function copyReport(container: Container, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const extension = extname(path)
  const unique = `${path.slice(0, -extension.length)}.${container.name}${extension}`
  const taken = await access(path).then(
    () => true,
    () => false,
  )
  await copyOut(container, path, taken ? unique : path)
}
