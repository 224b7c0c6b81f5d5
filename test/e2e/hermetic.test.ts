import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { type Files, makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** A service of the host's: the tests' own process is not below the Vitest that is tested. */
let server: Server
let port: number

beforeAll(async () => {
  server = createServer((socket) => socket.end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => server.close())

/** Does what a hermetic test may do, and looks whether what is watched behaves as ever. */
const clean = `
  import { execFileSync } from 'node:child_process'
  import { writeFileSync } from 'node:fs'
  import { connect, createServer } from 'node:net'
  import { tmpdir } from 'node:os'
  import { join } from 'node:path'
  import { Worker } from 'node:worker_threads'
  import { all } from 'reads'
  import { expect, test, vi } from 'vitest'

  test('uses what every container has', async () => {
    all()
    writeFileSync('in-project.txt', '')
    writeFileSync(join(tmpdir(), 'x'), process.env.DECLARED + process.env.PATH + import.meta.env.MODE)
    new Date().toISOString()
    new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format()
    new Date().toLocaleString('en', { timeZone: 'UTC' })
    const server = createServer()
    await new Promise((resolve) => server.listen(3000, resolve))
    await new Promise((resolve) => connect(3000, 'localhost').on('connect', resolve))
    await new Promise((resolve) => connect(3001, '127.0.0.1').on('error', resolve))
    server.close()
  })

  test('has variables as ever', async () => {
    const child = { ...process.env, MORE: 'x' }
    expect(child).toMatchObject({ DECLARED: 'yes', HOST: 'h' })
    expect(JSON.parse(JSON.stringify(process.env))).toMatchObject({ HOST: 'h' })
    expect(Object.entries(process.env)).toContainEqual(['HOST', 'h'])
    expect(Object.keys(process.env)).toContain('HOST')
    expect(String(process.env) + process.env.hasOwnProperty('DECLARED')).toBe('[object Object]true')
    const print = ['-p', 'process.env.HOST + process.env.OWN']
    process.env.OWN = 1
    expect(process.env.OWN).toBe('1')
    expect('OWN' in process.env).toBe(true)
    expect(String(execFileSync(process.execPath, print)).trim()).toBe('h1')
    delete process.env.OWN
    expect(process.env.OWN).toBeUndefined()
    expect(Object.keys(process.env)).not.toContain('OWN')
    expect(String(execFileSync(process.execPath, print, { env: child })).trim()).toBe('hundefined')
    vi.stubEnv('STUBBED', 'x')
    expect([process.env.STUBBED, import.meta.env.STUBBED]).toEqual(['x', 'x'])
    vi.unstubAllEnvs()
    expect(process.env.STUBBED).toBeUndefined()
    const worker = new Worker('require("worker_threads").parentPort.postMessage(process.env.HOST)', { eval: true })
    expect(await new Promise((resolve) => worker.on('message', resolve))).toBe('h')
  })

  test('has dates as ever', () => {
    const { getHours, constructor } = Date.prototype
    expect(getHours.name + getHours.length).toBe('getHours0')
    expect(Function.prototype.toString.call(getHours)).toContain('[native code]')
    expect(() => new getHours()).toThrow(TypeError)
    expect(() => getHours.call({})).toThrow(TypeError)
    expect(constructor).toBe(Date)
    expect(new Intl.DateTimeFormat('en', { timeZone: 'UTC' })).toBeInstanceOf(Intl.DateTimeFormat)
    expect(Intl.DateTimeFormat.prototype.constructor).toBe(Intl.DateTimeFormat)
    vi.useFakeTimers({ now: 0 })
    expect(new Date().getTime()).toBe(0)
    expect(new Date()).toBeInstanceOf(Date)
    vi.useRealTimers()
    expect(new Date().getTime()).toBeGreaterThan(0)
    expect(Date.prototype.constructor).toBe(Date)
  })`

const depends = `
  import { spawn } from 'node:child_process'
  import { lookup } from 'node:dns/promises'
  import { connect } from 'node:net'
  import { expect, test, vi } from 'vitest'
  import { remember } from './home'
  test('depends on much', async () => {
    remember()
    expect('SECRET' in process.env).toBe(false)
    expect(Object.hasOwn(process.env, 'OWN')).toBe(false)
    expect(import.meta.env.HOST).toBe('h')
    vi.useFakeTimers({ toFake: ['Date'] })
    expect(String(new Date())).toBeTypeOf('string')
    await fetch('https://service.invalid/').catch(() => {})
    await lookup('other.invalid').catch(() => {})
    await new Promise((resolve) => connect(80, '192.0.2.1').on('error', resolve))
    spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()
  })`

const files: Files = {
  ...config({
    options: `{ hermetic: 'enforce', overrides: [{ include: ['reported.test.ts'], hermetic: 'report' }] }`,
    test: `maxWorkers: 2, env: { DECLARED: 'yes' }`,
  }),
  'node_modules/reads/package.json': '{ "name": "reads", "type": "module", "main": "index.js" }',
  'node_modules/reads/index.js': 'export const all = () => [process.env.OF_PACKAGE, new Date().getHours()]',
  'home.ts': `
    import { mkdirSync, writeFileSync } from 'node:fs'
    import { homedir } from 'node:os'
    import { join } from 'node:path'
    export const remember = () => {
      mkdirSync(join(homedir(), '.config'))
      writeFileSync(join(homedir(), '.config/app.json'), '{}')
    }`,
  'clean.test.ts': clean,
  'depends.test.ts': depends,
  'reported.test.ts': `
    import { expect, test } from 'vitest'
    test('reads', () => { expect(process.env.HOME + process.env.HOST).toBeDefined() })`,
  'time.test.ts': `// @mydocker size=small
    import { expect, test } from 'vitest'
    test('tells time', () => { expect(new Intl.DateTimeFormat('en').format(0)).toBeDefined() })
    test('has failed anyway', () => { expect(1).toBe(2) })`,
  'zone.test.ts': `// @mydocker env.TZ=UTC env.HOST=mine
    import { expect, test } from 'vitest'
    test('tells time', () => { expect(new Date(0).getHours() + process.env.HOST).toBe('0mine') })`,
  'host.test.ts': `// @mydocker network=host
    import { connect, createServer } from 'node:net'
    import { test } from 'vitest'
    const reach = (port) => new Promise((resolve) => connect(port, '127.0.0.1').on('connect', resolve))
    test('reaches a service of the host, and its own', async () => {
      const server = createServer()
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      await reach(server.address().port)
      await reach(${'Number(process.env.VITEST_SERVICE)'})
      server.close()
    })`,
  'unloadable.test.ts': `throw new Error('it cannot be loaded')`,
  'dies.test.ts': `
    import { test } from 'vitest'
    test('ends its process', () => process.kill(process.pid, 'SIGKILL'))`,
}

describe.each(onPlatforms)('%s: hermetic', (_name, platform) => {
  test.for([{ args: [] }, { args: ['--no-isolate'] }])(
    'fails the file that depends on what is around it, and only that $args',
    async ({ args }) => {
      const project = await makeProject(platform, files)
      const xml = join(dirname(project.directory), 'junit.xml')
      const run = await vitestRun(project, ['--reporter=junit', `--outputFile.junit=${xml}`, ...args], {
        env: { HOST: 'h', VITEST_SERVICE: String(port) },
      })
      expect(run.exitCode, run.output).toBe(1)
      const failed = run.report.content.testResults.filter(({ status }) => status === 'failed')
      const names = failed.map(({ name }) => name.slice(project.directory.length + 1)).sort()
      expect(names, run.output).toEqual(
        ['depends', 'dies', 'host', 'time', 'unloadable'].map((name) => `${name}.test.ts`),
      )
      expect(run.report.content.numFailedTests, run.output).toBe(2)

      const of = (name: string): string =>
        new RegExp(`NotHermetic: ${name}.*\n(?:  - .*\n)*`).exec(run.output)?.[0] ?? ''
      expect(
        of('depends.test.ts')
          .replaceAll(project.home, '~')
          .replaceAll(/ \(.*\)$/gm, ''),
      ).toBe(
        `NotHermetic: depends.test.ts is not hermetic: what it does depends on what is around it.
  - writes ~/.config/app.json, outside of its project and of temporary directories
  - reads SECRET, OWN and HOST, which nothing has declared
  - tries getaddrinfo service.invalid, connect 192.0.2.1:80 and getaddrinfo other.invalid, outside of its own container
  - calls Date.prototype.toString in the time zone of this machine
  - leaves sleep 1000 running
`,
      )
      expect(of('host.test.ts').split('\n').slice(1).join()).toMatch(
        new RegExp(`^  - tries connect 127.0.0.1:${port}, [^-]*$`),
      )
      expect(of('time.test.ts')).toContain('calls Intl.DateTimeFormat')
      expect(run.output.match(/NotHermetic: time/g)).toHaveLength(1)
      expect(run.output).toContain(`NotHermetic: reported.test.ts reads HOME and HOST`)
      // The reporters hear of it when they hear of the file.
      expect(run.output).not.toMatch(/✓ depends\.test\.ts/)
      expect(run.report.file('depends.test.ts').message).toContain('is not hermetic')
      const junit = await readFile(xml, 'utf8')
      expect(junit).toMatch(/<failure message="depends\.test\.ts is not hermetic[^>]*type="NotHermetic"/)
    },
  )
})
