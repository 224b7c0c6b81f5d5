import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { type Files, makeProject, type Project } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'

/** One of everything that Vitest offers a test file, failures included. */
const files: Files = {
  ...config({
    test: `
      setupFiles: ['./setup.ts'],
      globalSetup: ['./global-setup.ts'],
      env: { FROM_CONFIG: 'config' },
      include: ['tests/**/*.test.ts'],
    `,
  }),
  'setup.ts': `
    import { beforeEach } from 'vitest'
    globalThis.fromSetup = 'setup'
    beforeEach((context) => { context.fixture = 'fixture' })`,
  'global-setup.ts': `
    import { createServer } from 'node:http'
    const listen = (host) => new Promise((resolve, reject) => {
      const server = createServer((request, response) => response.end('served to ' + request.url))
      server.once('error', reject)
      server.listen(0, host, () => resolve(server))
    })
    export default async function (project) {
      const server = await listen('127.0.0.1')
      const anywhere = await listen('0.0.0.0')
      project.provide('port', server.address().port)
      project.provide('anywherePort', anywhere.address().port)
      project.provide('value', { nested: new Map([['key', new Date(0)]]) })
      process.env.FROM_GLOBAL_SETUP = 'global'
      return () => { server.close(); anywhere.close(); console.log('torn down') }
    }`,
  'tests/results.test.ts': `
    import { afterAll, beforeAll, describe, expect, test } from 'vitest'
    test('passes', (context) => { expect(context.fixture).toBe('fixture'); expect(globalThis.fromSetup).toBe('setup') })
    test('fails', () => { expect({ a: 1, b: ['x'] }).toEqual({ a: 2, b: ['y'] }) })
    test('throws what is not an error', () => { throw { code: 1, self: [new Map([[1, 2]])] } })
    test.skip('is skipped', () => {})
    test.todo('is to do')
    test.fails('is expected to fail', () => { throw new Error('as expected') })
    test.each([1, 2])('takes %i', (n) => { expect(n).toBeLessThan(2) })
    let tries = 0
    test('passes at the third try', { retry: 2 }, () => { expect(++tries).toBe(3) })
    test('fails at every try', { retry: 1 }, () => { throw new Error('again') })
    test('repeats', { repeats: 2 }, () => {})
    test('takes too long', { timeout: 50 }, () => new Promise(() => {}))
    test('skips itself', (context) => { context.skip('no reason') })
    test('soft', () => { expect.soft(1).toBe(2); expect.soft(3).toBe(4) })
    describe.concurrent('at once', () => {
      test.for([1, 2, 3])('number %i', async (n) => { await new Promise((resolve) => setTimeout(resolve, 10 - n)) })
    })
    describe('a failing hook', () => {
      beforeAll(() => { throw new Error('hook') })
      test('never runs', () => {})
    })
    describe('a failing end', () => {
      afterAll(() => { throw new Error('end') })
      test('ran', () => {})
    })`,
  'tests/broken.test.ts': `import './does-not-exist'`,
  'tests/syntax.test.ts': `import { test } from 'vitest'; test('x', () => { )`,
  'tests/empty.test.ts': ``,
  'src/thing.ts': `export const thing = () => 'real'; export const other = () => 'other'`,
  'src/auto.ts': `export const auto = () => 'real'`,
  'src/__mocks__/auto.ts': `export const auto = () => 'mocked by file'`,
  'tests/mock.test.ts': `
    import { expect, test, vi } from 'vitest'
    import { auto } from '../src/auto'
    import { other, thing } from '../src/thing'
    import { hostname } from 'node:os'
    const state = vi.hoisted(() => ({ calls: 0 }))
    vi.mock('../src/thing', async (original) => ({ ...(await original()), thing: () => { state.calls++; return 'mocked' } }))
    vi.mock('../src/auto')
    vi.mock('node:os', () => ({ hostname: () => 'mocked' }))
    test('vi.mock', async () => {
      expect([thing(), other(), auto(), hostname(), state.calls]).toEqual(['mocked', 'other', 'mocked by file', 'mocked', 1])
      expect((await vi.importActual('../src/thing')).thing()).toBe('real')
      vi.resetModules(); vi.doUnmock('../src/auto')
      expect((await import('../src/auto')).auto()).toBe('real')
    })
    test('fake timers', async () => {
      vi.useFakeTimers({ now: 0 })
      const done = vi.fn()
      setTimeout(done, 60_000)
      await vi.advanceTimersByTimeAsync(60_000)
      expect(done).toHaveBeenCalledOnce()
      expect(Date.now()).toBe(60_000)
      vi.useRealTimers()
    })
    test('fake timers are left behind', () => { vi.useFakeTimers() })
    test('spies', () => {
      const spy = vi.spyOn(console, 'info').mockImplementation(() => {})
      console.info('unseen')
      expect(spy).toHaveBeenCalledWith('unseen')
    })`,
  'tests/jsdom.test.ts': `
    // @vitest-${'environment'} jsdom
    import { expect, test } from 'vitest'
    test('jsdom', () => {
      document.body.innerHTML = '<p>text</p>'
      expect(document.querySelector('p')?.textContent).toBe('text')
      expect(navigator.userAgent).toContain('jsdom')
      localStorage.setItem('key', 'value'); expect(localStorage.getItem('key')).toBe('value')
    })`,
  'tests/happy-dom.test.ts': `
    // @vitest-${'environment'} happy-dom
    import { expect, test } from 'vitest'
    test('happy-dom', () => {
      document.body.innerHTML = '<p>text</p>'
      expect(document.querySelector('p')?.textContent).toBe('text')
      expect(window.happyDOM).toBeDefined()
    })`,
  'tests/provided.test.ts': `
    import { expect, inject, test } from 'vitest'
    test('inject', () => { expect(inject('value').nested.get('key')).toEqual(new Date(0)) })
    test.for(['127.0.0.1', 'localhost'])('the server of globalSetup at %s', async (host) => {
      const response = await fetch('http://' + host + ':' + inject('port') + '/' + host)
      expect(await response.text()).toBe('served to /' + host)
    })
    test('a server on every address', async () => {
      expect(await (await fetch('http://127.0.0.1:' + inject('anywherePort') + '/x')).text()).toBe('served to /x')
    })`,
  'tests/process.test.ts': `
    import { execFileSync, spawn } from 'node:child_process'
    import { createServer } from 'node:net'
    import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
    import { tmpdir } from 'node:os'
    import { Worker } from 'node:worker_threads'
    import { expect, test } from 'vitest'
    test('environment', ({ task }) => {
      const { VITEST_POOL_ID, VITEST_WORKER_ID, ...env } = process.env
      task.meta.process = { env, cwd: process.cwd(), umask: process.umask(), execPath: process.execPath, execArgv: process.execArgv,
        argvLength: process.argv.length, ids: [typeof VITEST_POOL_ID, typeof VITEST_WORKER_ID], tty: [!!process.stdout.isTTY, !!process.stderr.isTTY],
        versions: process.version, hasSend: typeof process.send }
    })
    test('child processes', () => {
      expect(execFileSync(process.execPath, ['-p', '1 + 1'], { encoding: 'utf8' })).toBe('2\\n')
      expect(execFileSync('sh', ['-c', 'echo $FROM_CONFIG $FROM_GLOBAL_SETUP'], { encoding: 'utf8' })).toBe('config global\\n')
    })
    test('threads', async () => {
      const worker = new Worker('require("worker_threads").parentPort.postMessage(42)', { eval: true })
      expect(await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject) })).toBe(42)
    })
    test('files', () => {
      const directory = mkdtempSync(tmpdir() + '/x-')
      writeFileSync(directory + '/file', 'content')
      expect(readFileSync(directory + '/file', 'utf8')).toBe('content')
    })
    test('sockets', async () => {
      const server = createServer((socket) => socket.end('hello'))
      await new Promise((resolve) => server.listen(3000, resolve))
      expect(await new Promise((resolve) => {
        const child = spawn(process.execPath, ['-e', 'require("net").connect(3000, "localhost").pipe(process.stdout)'])
        child.stdout.once('data', (data) => resolve(String(data)))
      })).toBe('hello')
      server.close()
    })`,
  'tests/imports.test.ts': `
    import { expect, test } from 'vitest'
    import data from '../data.json'
    import raw from '../data.json?raw'
    import './style.css'
    test('what Vite imports', async () => {
      expect(data.answer).toBe(42)
      expect(raw).toContain('42')
      const modules = import.meta.glob('../src/*.ts', { eager: true })
      expect(Object.keys(modules)).toHaveLength(2)
      expect((await import('../src/thing')).thing()).toBe('real')
      expect(import.meta.dirname).toBe(process.cwd() + '/tests')
    })`,
  'tests/style.css': `p { color: red }`,
  'data.json': `{ "answer": 42 }`,
  'tests/console.test.ts': `
    import { spawnSync } from 'node:child_process'
    import { describe, test } from 'vitest'
    console.log('at import')
    describe('suite', () => {
      test('logs', () => {
        for (let n = 0; n < 20; n++) { console.log('out', n); if (n % 5 === 0) console.error('err', n) }
        console.table([{ a: 1 }])
        console.log('%s %o', 'formatted', { deep: { deeper: { deepest: true } } })
      })
      test('writes', () => {
        process.stdout.write('written to stdout\\n')
        process.stderr.write('written to stderr\\n')
        spawnSync('sh', ['-c', 'echo by a child; echo and an error >&2'], { stdio: 'inherit' })
      })
      test('much', () => { console.log('x'.repeat(1_000_000) + ' end of much') })
    })`,
  'tests/types.test.ts': `
    import { expect, test } from 'vitest'
    test('errors keep their cause and diff', () => {
      throw new AggregateError([new RangeError('inner')], 'outer', { cause: new TypeError('why') })
    })
    test('a very large difference', () => {
      expect(Array.from({ length: 5000 }, (_, n) => n)).toEqual(Array.from({ length: 5000 }, (_, n) => -n))
    })`,
}

describe.each(onPlatforms)('%s: beside forks', (_name, platform) => {
  let project: Project
  let forks: Run & { report: JsonReport }
  let ours: Run & { report: JsonReport }

  beforeAll(async () => {
    project = await makeProject(platform, files)
    forks = await vitestRun(project, ['--pool=forks'])
    ours = await vitestRun(project, [])
  })

  test('the comparison is about something', () => {
    expect(forks.report.content.numPassedTests).toBeGreaterThan(25)
    expect(forks.report.content.numFailedTests).toBeGreaterThanOrEqual(8)
    for (const name of ['mock', 'jsdom', 'happy-dom', 'provided', 'process', 'imports', 'console']) {
      expect(forks.report.file(`tests/${name}.test.ts`).status, name).toBe('passed')
    }
  })

  test('every test has the same result', () => {
    expect(ours.report.outcomes(project.directory)).toEqual(forks.report.outcomes(project.directory))
    expect(ours.exitCode).toBe(forks.exitCode)
  })

  test('every failure has the same message', () => {
    const messages = ({ report }: { report: JsonReport }) =>
      report.content.testResults
        .flatMap(({ name, message, assertionResults }) => [
          `${name}: ${message}`,
          ...assertionResults.map(
            ({ fullName, failureMessages }) => `${fullName}: ${failureMessages.map(withoutStack)}`,
          ),
        ])
        .sort()
    expect(messages(ours)).toEqual(messages(forks))
  })

  test('the console output of each test is the same, in the same order', () => {
    expect(consoleBlocks(ours)).toEqual(consoleBlocks(forks))
    expect(consoleBlocks(ours).join()).toContain('end of much')
  })

  test('what a test writes past the console arrives', () => {
    for (const line of ['written to stdout', 'by a child']) expect(ours.stdout.split('\n')).toContain(line)
    for (const line of ['written to stderr', 'and an error']) expect(ours.stderr.split('\n')).toContain(line)
  })

  test('the process finds the same environment', () => {
    const found = ({ report }: { report: JsonReport }) => report.test('process.test.ts', 'environment').meta.process
    expect(found(ours)).toEqual(found(forks))
  })

  test('globalSetup is torn down once', () => {
    expect(ours.stdout.match(/torn down/g)).toHaveLength(1)
  })
})

function withoutStack(message: string | null): string | undefined {
  return message?.replaceAll(/\n\s+at .*/g, '')
}

/** The reporter's `stdout | file > test` blocks with what belongs to them, sorted by their heading. */
function consoleBlocks({ stdout, stderr }: Run): string[] {
  return [stdout, stderr].flatMap((stream) =>
    stream
      .split(/^(?=std(?:out|err) \| )/m)
      .filter((block) => /^std/.test(block))
      .map((block) => block.split('\n\n')[0] ?? '')
      .sort(),
  )
}
