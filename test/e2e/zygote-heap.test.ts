import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { requireCapability } from '../support/capability.ts'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'
import { isForked } from '../support/zygote.ts'

/** In KiB, as smaps has it. */
const MIB = 1024

/** Objects that are checked later, in the process itself and in threads beside it. @param least what it has to give back, in KiB */
const growing = (start: string, least: number): string => `
  import { once } from 'node:events'
  import { readFileSync } from 'node:fs'
  import { Worker } from 'node:worker_threads'
  import { expect, test, vi } from 'vitest'

  const objects = 'Array.from({ length: 300_000 }, (_, n) => ({ n, list: [n, n + 1] }))'
  const sum = '.reduce((total, { n, list }) => total + n + list[1], 0)'
  const sumOfAll = 300_000 * 300_000
  const memory = (name) => Number(new RegExp('^' + name + ': +(\\\\d+)', 'm').exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))[1])

  test('start', async () => { expect(${isForked}).toBe(${start === 'zygote'}) })

  test('grows', async ({ task }) => {
    const before = memory('AnonHugePages')
    const all = [1, 2, 3].map(() => Array.from({ length: 300_000 }, (_, n) => ({ n, list: [n, n + 1] })))
    task.meta.huge = memory('AnonHugePages') - before
    const threads = [1, 2, 3].map(() => once(new Worker('require("worker_threads").parentPort.postMessage(' + objects + sum + ')', { eval: true }), 'message'))
    for (const [result] of await Promise.all(threads)) expect(result).toBe(sumOfAll)
    for (const each of all) expect(each.reduce((total, { n, list }) => total + n + list[1], 0)).toBe(sumOfAll)
  })

  test('shrinks', { timeout: 60_000 }, async ({ task }) => {
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc')
    const before = memory('Rss')
    const freed = () => {
      gc()
      return before - memory('Rss')
    }
    // V8 gives pages back some time after it has found them empty.
    await vi.waitFor(() => {
      task.meta.freed = freed()
      expect(task.meta.freed).toBeGreaterThan(${least})
    }, 50_000)
  })`

function missingHugePages(): string | undefined {
  let enabled = '[never]'
  try {
    enabled = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8')
  } catch {
    // A kernel without them.
  }
  return enabled.includes('[never]') ? 'transparent huge pages' : undefined
}

describe.each(onPlatforms)('%s: the heap of a fork', (_name, platform) => {
  test('grows by huge pages, and gives back what a cold start gives back', async (context) => {
    requireCapability(context, missingHugePages())
    const meta = async (start: 'zygote' | 'exec', least: number): Promise<Record<string, number>> => {
      const project = await makeProject(platform, {
        ...config({ options: `{ start: '${start}' }`, test: 'testTimeout: 60_000' }),
        'growing.test.ts': growing(start, least),
      })
      const { exitCode, output, report } = await vitestRun(project, [])
      expect(exitCode, output).toBe(0)
      const of = (title: string): object => report.test('/growing.test.ts', title).meta
      return { ...of('grows'), ...of('shrinks') }
    }
    const exec = await meta('exec', 40 * MIB)
    // How soon V8 gives pages back differs, and not only from start to start.
    const zygote = await meta('zygote', Number(exec.freed) / 2)
    expect(zygote.huge).toBeGreaterThan(40 * MIB)
    expect(zygote.freed).toBeGreaterThan(Number(exec.freed) / 2)
  })
})
