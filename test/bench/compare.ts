import { randomUUID } from 'node:crypto'
import { messageOf } from '../../runtime/errors.ts'
import { appearedSince, census } from './census.ts'
import { watchGrowth } from './growth.ts'
import type { Installation } from './installation.ts'
import { configFiles, type Pool, type PoolName, poolsOf } from './pools.ts'
import { makeProject, type Project } from './project.ts'
import type { Residue, Runs, Sample } from './results.ts'
import { makeSuite, type Suite, type SuiteName } from './suites.ts'
import { timedVitest, type Workers } from './vitest-run.ts'

export interface Comparison {
  readonly suite: SuiteName
  readonly pools: readonly PoolName[]
  readonly workers: readonly Workers[]
  readonly rounds: number
  readonly quick: boolean
  /** Hears of every run. */
  readonly onProgress: (line: string) => void
}

/** Runs a suite with every pool, in each of the worker settings. */
export async function compare(installation: Installation, comparison: Comparison): Promise<Runs[]> {
  const { quick, onProgress } = comparison
  const suite = await makeSuite(comparison.suite, { quick, node: installation.node })
  const pools = poolsOf(suite, comparison.pools)
  await using project = await makeProject(installation, { ...suite.contents, ...configFiles(pools) })
  const unusable = await warmUp(project, pools, suite)
  for (const [configFile, error] of unusable) onProgress(`${suite.name}, ${configFile} does not work: ${error}`)
  const results: Runs[] = []
  for (const workers of comparison.workers) {
    const cells = pools.map((pool) => new Cell(project, suite, pool, workers, unusable.get(pool.configFile)))
    for (let round = 0; round < comparison.rounds; round++)
      for (const cell of rotated(cells, round)) onProgress(`round ${round + 1}: ${await cell.measure()}`)
    results.push(...cells.map((cell) => cell.result()))
  }
  return results
}

/** A variable that tells the processes of a run. */
const MARK = 'MYDOCKER_BENCH_RUN'

/** One pool in one setting. Its first failure is its last run. */
class Cell {
  readonly #project: Project
  readonly #suite: Suite
  readonly #pool: Pool
  readonly #workers: Workers
  readonly #samples: Sample[] = []
  readonly #residues: Residue[] = []
  #error: string | undefined

  constructor(project: Project, suite: Suite, pool: Pool, workers: Workers, error: string | undefined) {
    this.#project = project
    this.#suite = suite
    this.#pool = pool
    this.#workers = workers
    this.#error = error
  }

  /** @returns a line about the run */
  async measure(): Promise<string> {
    const { platform } = this.#project.installation
    const what = `${this.#suite.name}, Vitest ${platform.vitest}, workers ${this.#workers}, ${this.#pool.name}`
    if (this.#error !== undefined) return `${what}: failed before`
    try {
      const sample = await (this.#suite.name === 'many' ? this.#watched() : this.#timed())
      this.#samples.push(sample)
      return `${what}: ${sample.wallSeconds.toFixed(2)} s, ${sample.cpuSeconds.toFixed(2)} s of CPU`
    } catch (error) {
      this.#error = messageOf(error)
      return `${what}: FAILED: ${this.#error}`
    }
  }

  async #timed(env: Readonly<Record<string, string>> = {}): Promise<Sample> {
    return await timedVitest(this.#project, this.#pool, { tests: this.#suite.files, workers: this.#workers, env })
  }

  async #watched(): Promise<Sample> {
    const value = randomUUID()
    const mark = { variable: `${MARK}=${value}`, directory: this.#project.installation.directory }
    const before = census(mark)
    using watch = watchGrowth()
    const sample = await this.#timed({ [MARK]: value })
    this.#residues.push({ growth: watch.growth(), leftBehind: await appearedSince(before, mark) })
    return sample
  }

  result(): Runs {
    const { platform } = this.#project.installation
    return {
      suite: this.#suite.name,
      files: this.#suite.files,
      vitest: platform.vitest,
      node: String(platform.node),
      workers: this.#workers,
      pool: this.#pool.name,
      samples: this.#samples,
      ...(this.#residues.length === 0 ? {} : { residues: this.#residues }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
  }
}

/**
 * Fills the caches of Vite and of Vitest, whose keys are the configuration's content and not the pool, so that no pool pays for another.
 * @returns why a configuration does not work, by its file
 */
async function warmUp(project: Project, pools: readonly Pool[], suite: Suite): Promise<Map<string, string>> {
  const unusable = new Map<string, string>()
  for (const pool of new Map(pools.map((each) => [each.configFile, each])).values()) {
    const cheapest = { ...pool, args: ['--pool=forks', '--no-isolate'] }
    const options = { tests: suite.files, workers: 'default' } as const
    await timedVitest(project, cheapest, options).catch((error) => unusable.set(pool.configFile, messageOf(error)))
  }
  return unusable
}

/** Whoever runs first or last in a round must not always be the same. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % Math.max(list.length, 1)
  return [...list.slice(start), ...list.slice(0, start)]
}
