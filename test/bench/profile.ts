import { readFile } from 'node:fs/promises'
import { median, quantile } from 'simple-statistics'
import * as v from 'valibot'
import { messageOf } from '../../runtime/errors.ts'
import type { Installation } from './installation.ts'
import { configFiles, type PoolName, poolsOf } from './pools.ts'
import { makeProject } from './project.ts'
import type { Profile } from './results.ts'
import { makeSuite, type SuiteName } from './suites.ts'
import { timedVitest, type Workers } from './vitest-run.ts'

export interface ProfileOptions {
  readonly suite: SuiteName
  /** Those of mydocker are profiled; the others have nothing to tell. */
  readonly pools: readonly PoolName[]
  readonly workers: Workers
  readonly quick: boolean
  readonly onProgress: (line: string) => void
}

/** Runs a suite once with each start of mydocker and asks where its pods' time went. */
export async function profile(installation: Installation, options: ProfileOptions): Promise<Profile[]> {
  const suite = await makeSuite(options.suite, { quick: options.quick, node: installation.node })
  const pools = poolsOf(
    suite,
    options.pools.filter((name) => name.startsWith('mydocker')),
  )
  await using project = await makeProject(installation, { ...suite.contents, ...configFiles(pools) })
  const profiles: Profile[] = []
  for (const pool of pools) {
    const { vitest, node } = installation.platform
    const { workers } = options
    const setting = { suite: suite.name, vitest, node: String(node), workers, pool: pool.name }
    const file = project.path(`${pool.name}.profile`)
    options.onProgress(`profile of ${suite.name}, Vitest ${vitest}, workers ${workers}, ${pool.name}`)
    try {
      // Once for the caches.
      for (const env of [{}, { MYDOCKER_PROFILE: file }])
        await timedVitest(project, pool, { tests: suite.files, workers, env })
      profiles.push({ ...setting, ...summary(await readFile(file, 'utf8')) })
    } catch (error) {
      profiles.push({ ...setting, pods: 0, making: [], phases: [], counters: [], error: messageOf(error) })
      options.onProgress(`FAILED: ${messageOf(error)}`)
    }
  }
  return profiles
}

const times = v.record(v.string(), v.number())

/** What the pool writes of a pod, a line each: its phases in milliseconds, and whatever else it has counted. */
const podSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.objectWithRest({ file: v.string(), making: times, phases: times, scheduling: times }, v.optional(v.number())),
)

function summary(lines: string): Pick<Profile, 'pods' | 'making' | 'phases' | 'counters'> {
  const pods = lines
    .trim()
    .split('\n')
    .map((line) => v.parse(podSchema, line))
  return {
    pods: pods.length,
    making: figures(pods.map(({ making }) => making)),
    phases: figures(pods.map(({ phases }) => phases)),
    counters: figures(pods.map(({ file, making, phases, scheduling, ...counters }) => counters)),
  }
}

function figures(records: readonly Readonly<Record<string, number | undefined>>[]): Profile['phases'] {
  const names = new Set(records.flatMap((record) => Object.keys(record)))
  return [...names].map((name) => {
    const values = records.map((record) => record[name]).filter((value) => value !== undefined)
    return { name, median: median(values), p95: quantile(values, 0.95) }
  })
}
