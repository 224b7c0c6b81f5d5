import { appendFileSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitest, vitestRun } from '../support/vitest-run.ts'
import { dependency, isForked, zygotesOf } from '../support/zygote.ts'

/** What tests do with what a fork lacks or shares if nobody sees to it: threads, signals, timers, the event loop. */
const work = `
  import { exec, fork, spawnSync } from 'node:child_process'
  import { generateKeyPair, pbkdf2, subtle } from 'node:crypto'
  import { lookup } from 'node:dns/promises'
  import { once } from 'node:events'
  import { watch, writeFileSync } from 'node:fs'
  import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
  import { createServer } from 'node:http'
  import { promisify } from 'node:util'
  import { Worker } from 'node:worker_threads'
  import { brotliCompress, gunzip, gzip } from 'node:zlib'
  import { expect, test, vi } from 'vitest'

  test('is forked', async () => { expect(${isForked}).toBe(true) })

  test('threads', async () => {
    const source = 'const { parentPort, workerData } = require("worker_threads"); Atomics.wait(workerData, 0, 0, 20); parentPort.postMessage([process.pid, Math.random()])'
    const start = () => once(new Worker(source, { eval: true, workerData: new Int32Array(new SharedArrayBuffer(4)) }), 'message')
    const [[one], [two]] = await Promise.all([start(), start()])
    expect(one[0]).toBe(process.pid)
    expect(one[1]).not.toBe(two[1])
  })

  test('children', async () => {
    writeFileSync('/tmp/child.cjs', 'process.on("message", (m) => process.send([m, process.ppid], () => process.disconnect()))')
    const child = fork('/tmp/child.cjs')
    child.send('hello')
    expect((await once(child, 'message'))[0]).toEqual(['hello', process.pid])
    expect(await once(child, 'exit')).toEqual([0, null])
    expect((await promisify(exec)('echo $PPID')).stdout).toBe(process.pid + '\\n')
    expect(spawnSync(process.execPath, ['-p', 'process.version'], { encoding: 'utf8' }).stdout.trim()).toBe(process.version)
    expect(spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout).not.toContain('eventpoll')
  })

  test('the pool of threads', async () => {
    const directory = await mkdtemp('/tmp/x-')
    await Promise.all(Array.from({ length: 20 }, (_, n) => writeFile(directory + '/' + n, String(n))))
    expect(await readFile(directory + '/19', 'utf8')).toBe('19')
    const packed = await promisify(gzip)(Buffer.alloc(1_000_000))
    expect(await promisify(gunzip)(packed)).toHaveLength(1_000_000)
    await promisify(brotliCompress)('x'.repeat(10_000))
    expect(await promisify(pbkdf2)('a', 'b', 1000, 32, 'sha256')).toHaveLength(32)
    await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
    expect(await subtle.digest('SHA-256', new Uint8Array(9))).toHaveProperty('byteLength', 32)
    expect(await lookup('localhost')).toHaveProperty('address')
  })

  test('V8 at work: WebAssembly, garbage, optimised code', async () => {
    const bytes = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11])
    const { instance } = await WebAssembly.instantiate(bytes)
    expect(instance.exports.add(2, 3)).toBe(5)
    let sum = 0
    for (let n = 0; n < 3_000_000; n++) sum += [n].length
    const kept = []
    for (let n = 0; n < 200; n++) kept.push(new Array(10_000).fill(n))
    expect([sum, kept[199][9999]]).toEqual([3_000_000, 199])
  })

  test('servers and clients', async () => {
    const server = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect(await (await fetch('http://127.0.0.1:' + server.address().port)).text()).toBe('hello')
    server.close()
    server.closeAllConnections()
  })

  test.each(['SIGTERM', 'SIGUSR2', 'SIGINT', 'SIGHUP', 'SIGWINCH'])('%s', async (signal) => {
    const heard = once(process, signal)
    process.kill(process.pid, signal)
    expect((await heard)[0]).toBe(signal)
  })

  test('a file that is watched', async () => {
    const directory = await mkdtemp('/tmp/w-')
    const change = new Promise((resolve) => { const watcher = watch(directory, () => resolve(watcher.close())) })
    writeFileSync(directory + '/new', '')
    await change
  })

  test('fake time, and real time afterwards', async () => {
    vi.useFakeTimers({ now: 5000 })
    const done = vi.fn()
    setTimeout(done, 1000)
    vi.advanceTimersByTime(1000)
    expect(done).toHaveBeenCalledOnce()
    expect(Date.now()).toBe(6000)
    vi.useRealTimers()
    expect(Math.abs(performance.timeOrigin + performance.now() - Date.now())).toBeLessThan(50)
    const before = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const entry = performance.measure('m', { start: before })
    expect(entry.startTime).toBe(before)
    expect(entry.duration).toBeGreaterThan(3)
    expect(performance.now()).toBeGreaterThanOrEqual(entry.startTime + entry.duration)
  })

  test('state of other files', () => {
    expect(globalThis.leak).toBeUndefined()
    globalThis.leak = true
    expect(process.env.LEAK).toBeUndefined()
    process.env.LEAK = 'yes'
    expect(vi.isFakeTimers()).toBe(false)
  })
`

/** Writes down what Vite is asked to transform. */
const witness = `
  import { appendFileSync } from 'node:fs'
  const witness = { name: 'witness', transform(code, id) { appendFileSync('transformed.txt', id + '\\n') } }`

describe.each(onPlatforms)('%s: the work of forked containers', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }

  beforeAll(async () => {
    const files = config({ options: `{ start: 'zygote' }`, test: `maxWorkers: 2, setupFiles: './setup.ts'` })
    project = await makeProject(platform, {
      'vitest.config.ts': `${witness}\n${files['vitest.config.ts']?.replace('plugins: [', 'plugins: [witness, ')}`,
      'setup.ts': '',
      'a.test.ts': work,
      'b.test.ts': work,
      'c.test.ts': work,
    })
    run = await vitestRun(project, [])
  })

  test.each(['a', 'b', 'c'])('is done as everywhere: %s', (name) => {
    for (const { title, status, failureMessages } of run.report.file(`/${name}.test.ts`).assertionResults)
      expect(status, `${title}: ${failureMessages}`).toBe('passed')
    expect(run.exitCode, run.output).toBe(0)
  })

  test('is seen by Vite as without rehearsals', () => {
    const ids = new Set(readFileSync(project.path('transformed.txt'), 'utf8').trim().split('\n'))
    expect([...ids].map((id) => id.replace(`${project.directory}/`, '')).sort()).toEqual([
      'a.test.ts',
      'b.test.ts',
      'c.test.ts',
      'setup.ts',
    ])
  })
})

describe.each(onPlatforms)('%s: watch mode with a zygote', (_name, platform) => {
  test('keeps it until what it has loaded changes', async () => {
    const project = await makeProject(platform, {
      ...config({ options: `{ start: 'zygote', warm: ['where', 'where/deep'] }` }),
      ...dependency('where', 'export const value = 1', { 'deep.js': 'export const deep = 1' }),
      'package-lock.json': '{}',
      'one.test.ts': test1(0),
    })
    const run = vitest(project, ['--watch'], { terminal: false })
    let edits = 0
    const again = async (change: () => void | Promise<void>): Promise<{ zygotes: number[]; output: string }> => {
      const before = run.output().length
      await change()
      const output = await run.printed(/value \d, deep \d, forked true[\s\S]*Waiting for file changes/, before)
      return { zygotes: zygotesOf(run.pid), output }
    }
    const edit = async (): Promise<void> => await project.write({ 'one.test.ts': test1(++edits) })
    const first = await again(() => {})
    expect(first.zygotes).toHaveLength(1)
    expect(first.output).toContain('value 1, deep 1')
    expect((await again(edit)).zygotes).toEqual(first.zygotes)

    let previous = first.zygotes
    const renewed = async (change: () => void | Promise<void>): Promise<string> => {
      const { zygotes, output } = await again(change)
      expect(zygotes).toHaveLength(1)
      expect(zygotes).not.toEqual(previous)
      previous = zygotes
      return output
    }
    await renewed(async () => {
      appendFileSync(project.path('package-lock.json'), '\n')
      await edit()
    })
    await renewed(async () => {
      const manifest = project.path('node_modules/where/package.json')
      appendFileSync(manifest, '\n')
      await edit()
    })
    const deeper = await renewed(async () => {
      await project.write({ 'node_modules/where/deep.js': 'export const deep = 2' })
      await edit()
    })
    expect(deeper).toContain('deep 2')
    await renewed(() => {
      appendFileSync(project.path('vitest.config.ts'), '\n')
    })
    run.signal('SIGINT', 'process')
    await run.ended
  })
})

/** A test file that an edit changes. */
function test1(edit: number): string {
  return `
    import { test } from 'vitest'
    import { deep } from 'where/deep'
    import { value } from 'where'
    // edit ${edit}
    test('one', async () => { console.log('value ' + value + ', deep ' + deep + ', forked ' + ${isForked}) })`
}
