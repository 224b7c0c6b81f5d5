import path from 'node:path'
import { closest } from 'fastest-levenshtein'
import { MydockerError } from '../../errors.ts'
import { show } from '../../show.ts'
import type { PodStatus, RunReport } from '../../status/types.ts'

/**
 * @param names of pods, or of test files: as the report has them, an end of that path, or a path from here; none: all pods
 * @returns in the order of the run
 * @throws MydockerError stage `status`: one of them is no pod's; it tells the nearest name
 */
export function choosePods(report: RunReport, names: readonly string[]): PodStatus[] {
  if (names.length === 0) return [...report.pods]
  const chosen = new Set(names.flatMap((name) => podsOf(report, name)))
  return report.pods.filter((pod) => chosen.has(pod))
}

function podsOf(report: RunReport, name: string): PodStatus[] {
  const { pods, run } = report
  const named = pods.filter((pod) => pod.name === name)
  if (named.length > 0) return named
  const file = name.replace(/^\.\//, '')
  const absolute = path.resolve(name)
  const ofFile = pods.filter(({ files }) =>
    files.some((own) => own === file || own.endsWith(`/${file}`) || path.resolve(run.root, own) === absolute),
  )
  if (ofFile.length > 0) return ofFile
  const known = pods.flatMap((pod) => [pod.name, ...pod.files])
  throw new MydockerError({
    stage: 'status',
    message: `run ${run.id} has no pod and no file ${show(name)}`,
    hint:
      known.length === 0
        ? 'It has no pods at all.'
        : `Did you mean ${closest(name, known)}? \`mydocker get pods -o wide\` lists all.`,
  })
}
