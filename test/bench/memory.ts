import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { messageOf } from '../../runtime/errors.ts'
import { remaining, type Traces, tracesOf, untilEmpty } from '../support/leftovers.ts'
import { pssOf } from '../support/processes.ts'
import type { Installation } from './installation.ts'
import { configFiles, type Pool, type PoolName, poolsOf } from './pools.ts'
import { makeProject, type Project } from './project.ts'
import type { Memory } from './results.ts'
import type { Suite } from './suites.ts'
import { vitestArgs } from './vitest-run.ts'

/** A worker more is what the difference between the two is made of. */
const WORKERS = [1, 5]

/** After the last test has begun: garbage collection and what Vitest still prints. */
const SETTLE_MS = 2000
const MOST_START_MS = 120_000

const idle = `
import { test } from 'vitest'

test('idles', async () => {
  console.log('idle now')
  await new Promise((resolve) => setTimeout(resolve, 600_000))
})
`

export interface MemoryOptions {
  readonly pools: readonly PoolName[]
  readonly rounds: number
  readonly onProgress: (line: string) => void
}

/** What Vitest and everything below it take while one test idles, and while five do. */
export async function measureMemory(installation: Installation, options: MemoryOptions): Promise<Memory[]> {
  const files = Math.max(...WORKERS)
  const contents = Object.fromEntries(Array.from({ length: files }, (_, i) => [`test/${i}.test.ts`, idle]))
  const suite: Suite = { name: 'small', files, contents, config: 'testTimeout: 600_000', warm: [] }
  const pools = poolsOf(suite, options.pools)
  await using project = await makeProject(installation, { ...contents, ...configFiles(pools) })
  const { vitest, node } = installation.platform
  const results = pools.map(({ name }): Memory => ({ vitest, node: String(node), pool: name, samples: [] }))
  for (let round = 0; round < options.rounds; round++)
    for (const [index, pool] of pools.entries()) {
      const result = results[index]
      if (result === undefined || result.error !== undefined) continue
      try {
        for (const workers of WORKERS) {
          const pssBytes = await idlePss(project, pool, workers)
          result.samples.push({ workers, pssBytes })
          options.onProgress(`memory, ${pool.name}, ${workers} idle: ${(pssBytes / 2 ** 20).toFixed(1)} MiB`)
        }
      } catch (error) {
        result.error = messageOf(error)
        options.onProgress(`memory, ${pool.name}: FAILED: ${result.error}`)
      }
    }
  return results
}

/** Sum over all processes, in bytes, while so many workers idle in their tests. */
async function idlePss(project: Project, pool: Pool, workers: number): Promise<number> {
  const { node, vitest } = project.installation
  const files = Array.from({ length: workers }, (_, index) => `test/${index}.test.ts`)
  const args = [vitest, ...vitestArgs(pool, workers, ['default']), ...files]
  const child = spawn(node, args, { cwd: project.directory, env: project.env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk))
  try {
    const deadline = Date.now() + MOST_START_MS
    while ((output.match(/^idle now$/gm)?.length ?? 0) < workers) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${workers} tests do not idle:\n${output}`)
      await setTimeout(50)
    }
    await setTimeout(SETTLE_MS)
    return tracesOf(child.pid ?? 0).processes.reduce((sum, each) => sum + pssOf(each), 0)
  } finally {
    const tree = tracesOf(child.pid ?? 0)
    child.kill('SIGKILL')
    await endOf(tree)
    await closed
  }
}

/** Mydocker's containers end with Vitest's main process; the forks of Vitest 4.1 stay, and are ours to end. */
async function endOf({ processes }: Traces): Promise<void> {
  await untilEmpty(() => remaining({ processes, cgroups: [] }), 2000)
  for (const each of processes)
    if (remaining({ processes: [each], cgroups: [] }).length > 0) process.kill(each.pid, 'SIGKILL')
}
