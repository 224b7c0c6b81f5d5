import { readFile, rm } from 'node:fs/promises'
import { cpus } from 'node:os'
import { tryCommand } from '../support/command.ts'
import { parseJsonReport } from '../support/json-report.ts'
import type { Pool } from './pools.ts'
import type { Project } from './project.ts'
import type { Sample } from './results.ts'

/** Vitest's `--maxWorkers`; `default` leaves it to Vitest. */
export type Workers = number | 'default'

export interface VitestOptions {
  /** How many tests have to pass for the run to count. */
  readonly tests: number
  readonly workers: Workers
  readonly env?: Readonly<Record<string, string>>
}

/** A hang is a failure like another, and must not hold up a benchmark that runs overnight. */
const MOST_SECONDS = 1200

/** Of a failed run, as many characters tell what is wrong. */
const MOST_OUTPUT = 3000

/** Runs Vitest to its end. @throws Error with what it printed unless exactly the expected tests have passed */
export async function timedVitest(project: Project, pool: Pool, options: VitestOptions): Promise<Sample> {
  const report = project.path('.report.json')
  await rm(report, { force: true })
  const { node, vitest } = project.installation
  const args = [...vitestArgs(pool, options.workers, ['default', 'json']), `--outputFile.json=${report}`]
  const [begin, busy] = [performance.now(), cpuSeconds()]
  // In the foreground, Ctrl-C reaches Vitest too.
  const bounded = ['--foreground', '--kill-after=10', String(MOST_SECONDS), node, vitest, ...args]
  const run = await tryCommand('timeout', bounded, {
    cwd: project.directory,
    env: { ...project.env, ...options.env },
  })
  const sample = { wallSeconds: (performance.now() - begin) / 1000, cpuSeconds: cpuSeconds() - busy }
  const failure = run.exitCode === 0 ? await wrongResult(report, options.tests) : `exit status ${run.exitCode}`
  if (failure !== undefined) throw new Error(`${failure}\n${run.stdout}${run.stderr}`.slice(0, MOST_OUTPUT))
  return sample
}

/**
 * What all processors have worked since boot. Not the usage that wait4(2) reports of Vitest: it lacks whatever somebody else waits
 * for, such as the processes of a container, and what the kernel's own threads do for it, such as taking down a network namespace.
 * So it counts other work on the machine too, which should do none.
 */
function cpuSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000
}

/** Arguments of Vitest for one run of a pool. */
export function vitestArgs(pool: Pool, workers: Workers, reporters: readonly string[]): string[] {
  return [
    'run',
    `--config=${pool.configFile}`,
    ...pool.args,
    ...(workers === 'default' ? [] : [`--maxWorkers=${workers}`]),
    ...reporters.map((reporter) => `--reporter=${reporter}`),
  ]
}

async function wrongResult(report: string, tests: number): Promise<string | undefined> {
  const { success, numPassedTests } = parseJsonReport(await readFile(report, 'utf8')).content
  if (success && numPassedTests === tests) return undefined
  return `${numPassedTests} of ${tests} tests passed`
}
