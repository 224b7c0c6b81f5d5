import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { type Files, makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** Answers each connection with its name and how many it has had; `GET /crash` ends it. Says when it is told to end. */
const SERVER = `
  import { appendFileSync } from 'node:fs'
  import { createServer } from 'node:http'
  const [name, port, journal] = process.argv.slice(2)
  let visits = 0
  const say = (what) => { console.log(name + ' ' + what); if (journal) appendFileSync(journal, name + ' ' + what + '\\n') }
  process.on('SIGTERM', () => { say('stops'); process.exit(0) })
  createServer((request, response) => {
    if (request.url === '/crash') { console.log('crashes'); process.exit(7) }
    response.end(name + ' ' + ++visits)
  }).listen(Number(port), '127.0.0.1', () => say('listens'))`

const asks = (url: string, answer: string) => `
  import { expect, test } from 'vitest'
  test('asks', async () => {
    expect(await (await fetch('${url}')).text()).toBe('${answer}')
  })`

const COMMAND = 'command: [process.execPath, "server.mjs"'
const server = (name: string, port: number, more = '') => `{ name: '${name}', ${COMMAND}, '${name}', '${port}'],
  readinessProbe: { httpGet: { port: ${port} } }, ${more} }`
const project = (options: string, files: Files): Files => ({ ...config({ options }), 'server.mjs': SERVER, ...files })

describe.each(onPlatforms)('%s: services', (_name, platform) => {
  test('each file has its own, started in order, ready before it begins, stopped in reverse order', async () => {
    const journal = `args: ['/journal/order'], volumes: [{ mountPath: '/journal', hostPath: 'journal' }]`
    const hook = (name: string) =>
      `${name}: { exec: { command: ['sh', '-c', 'echo cache ${name} >> /journal/order'] } }`
    const db = server('db', 5432, journal)
    const cache = server('cache', 6379, `${journal}, lifecycle: { ${hook('postStart')}, ${hook('preStop')} }`)
    const files = ['a', 'b', 'c', 'd'].map((name) => [`${name}.test.ts`, asks('http://localhost:5432', 'db 2')])
    const made = await makeProject(
      platform,
      project(
        `{ services: [${server('db', 5432)}], overrides: [{ include: ['a.test.ts'], services: [${db}, ${cache}] }] }`,
        { ...Object.fromEntries(files), 'journal/order': '' },
      ),
    )
    const run = await vitestRun(made, ['--maxWorkers=2'])
    expect(run.exitCode, run.output).toBe(0)
    const lines = readFileSync(made.path('journal/order'), 'utf8').trim().split('\n')
    const [first, second = '', third = '', ...rest] = lines
    expect(first).toBe('db listens')
    expect([second, third].sort()).toEqual(['cache listens', 'cache postStart'])
    expect(rest).toEqual(['cache preStop', 'cache stops', 'db stops'])
    // Logs are for failures.
    expect(run.output).not.toContain('listens')
  })

  test('one that does not get ready fails the file with StartError, by what the probe said, how it ended and its log', async () => {
    const services = {
      silent: `{ name: 'silent', command: ['sh', '-c', 'echo deaf; sleep 1000'], readinessProbe: { tcpSocket: { port: 80 }, failureThreshold: 4, timeoutSeconds: 30 } }`,
      dying: `{ name: 'dying', command: ['sh', '-c', 'echo no disk >&2; exit 9'], readinessProbe: { tcpSocket: { port: 80 } } }`,
      missing: `{ name: 'missing', command: ['no-such-program'] }`,
      unwell: `{ name: 'unwell', command: ['sleep', '1000'], readinessProbe: { exec: { command: ['sh', '-c', 'echo still loading; exit 3'] }, failureThreshold: 4, timeoutSeconds: 30 } }`,
      unseeded: `{ name: 'unseeded', command: ['sleep', '1000'], lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo no seed; exit 5'] } } } }`,
      untemplated: `{ name: 'untemplated', command: ['true'], template: { mountPath: '/srv/x', command: ['sh', '-c', 'echo no space; exit 4'] } }`,
    }
    const overrides = Object.entries(services).map(
      ([name, service]) => `{ include: ['${name}.test.ts'], services: [${server('db', 5432)}, ${service}] }`,
    )
    const files = Object.fromEntries(
      Object.keys(services).map((name) => [`${name}.test.ts`, asks('http://localhost:80', '')]),
    )
    const made = await makeProject(platform, project(`{ overrides: [${overrides}] }`, files))
    const run = await vitestRun(made, [])
    expect(run.exitCode).toBe(1)
    const failure = (name: string) => run.report.file(`/${name}.test.ts`).message
    expect(failure('silent')).toMatch(
      /service: silent did not get ready within 0.2 s: connect:.*ECONNREFUSED[\s\S]*deaf/,
    )
    expect(failure('dying')).toMatch(/service: dying ended with exit code 9 before it was ready[\s\S]*no disk/)
    expect(failure('missing')).toMatch(/no-such-program\): ENOENT/)
    expect(failure('unwell')).toMatch(/unwell did not get ready within 0.2 s: sh ended with 3: still loading/)
    expect(failure('unseeded')).toMatch(/unseeded failed in postStart: sh ended with 5: no seed/)
    expect(failure('untemplated')).toMatch(
      /template of service untemplated cannot be made: its command ended with exit code 4[\s\S]*no space/,
    )
    expect(run.output).toContain('StartError')
    // That of the others is there too.
    expect(run.output).toMatch(/silent\.test\.ts: the last lines of the log of service db:\n {4}db listens/)
  })

  test('one that ends while tests run is restarted, and told of; its log is printed when the file fails', async () => {
    const made = await makeProject(
      platform,
      project(
        `{ services: [${server('db', 5432)}],
          overrides: [{ include: ['left.test.ts'], services: [${server('db', 5432, `restartPolicy: 'Never'`)}] }] }`,
        {
          'left.test.ts': `
          import { expect, test } from 'vitest'
          test('crashes it', async () => {
            await expect(fetch('http://localhost:5432/crash')).rejects.toThrow()
          })`,
          'restarted.test.ts': `
          import { expect, test, vi } from 'vitest'
          const ask = async (path = '') => (await fetch('http://localhost:5432/' + path)).text()
          test('crashes it', async () => {
            expect(await ask()).toBe('db 2')
            await expect(ask('crash')).rejects.toThrow()
            await vi.waitFor(async () => expect(await ask()).toMatch(/^db [12]$/), { timeout: 10_000 })
            expect(await ask()).toBe('as it never was')
          })`,
        },
      ),
    )
    const run = await vitestRun(made, [])
    expect(run.report.failure('/restarted.test.ts', 'crashes it')).toContain('as it never was')
    expect(run.output).toMatch(/BackOff: restarted\.test\.ts: service db ended with exit code 7; it is restarted/)
    expect(run.output).toMatch(/log of service db:\n {4}db listens\n {4}crashes\n {4}db listens/)
    expect(run.output).toContain('left.test.ts: service db ended with exit code 7; restartPolicy Never leaves it so')
  })

  test('a template is made once, whatever files and runs do to it', async () => {
    const service = `{ name: 'db', command: ['sh', '-c', 'echo >> /srv/data/made; wc -l < /srv/data/made > /srv/data/lines; exec sleep 1000'],
      template: { mountPath: '/srv/data', command: ['sh', '-c', 'echo > /srv/data/made; echo > /made/once'] },
      volumes: [{ mountPath: '/made', hostPath: 'made' }],
      readinessProbe: { exec: { command: ['grep', '-qx', '2', '/srv/data/lines'] } }, terminationGracePeriodSeconds: 0 }`
    const files = Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [
        `${name}.test.ts`,
        `
      import { existsSync } from 'node:fs'
      import { expect, test } from 'vitest'
      test('does not see it', () => expect(existsSync('/srv/data')).toBe(false))`,
      ]),
    )
    const made = await makeProject(platform, project(`{ services: [${service}] }`, { ...files, 'made/once': '' }))
    const first = await vitestRun(made, ['--maxWorkers=2'])
    expect(first.exitCode, first.output).toBe(0)
    const before = statSync(made.path('made/once')).mtimeMs
    const second = await vitestRun(made, ['--maxWorkers=2'])
    expect(second.exitCode, second.output).toBe(0)
    expect(statSync(made.path('made/once')).mtimeMs).toBe(before)
    const templates = made.path('node_modules/.vite/vitest/.mydocker/templates')
    expect(readdirSync(templates)).toHaveLength(1)
  })

  test('the deadline of the file covers the time that they take', async () => {
    const slow = `{ name: 'slow', command: ['sh', '-c', 'echo wait; sleep 1000'], readinessProbe: { tcpSocket: { port: 80 } } }`
    const made = await makeProject(
      platform,
      project(`{ services: [${slow}], activeDeadlineSeconds: 1 }`, { 'late.test.ts': asks('http://localhost', '') }),
    )
    const run = await vitestRun(made, [])
    expect(run.report.file('/late.test.ts').message).toContain('longer than activeDeadlineSeconds 1')
    expect(run.output).toContain('log of service slow:\n    wait')
  })

  test('files of one container share them', async () => {
    const made = await makeProject(
      platform,
      project(`{ services: [${server('db', 5432)}] }`, {
        // Vitest begins with the largest.
        'a.test.ts': asks('http://localhost:5432', 'db 2') + ' '.repeat(1000),
        'b.test.ts': asks('http://localhost:5432', 'db 3'),
      }),
    )
    const run = await vitestRun(made, ['--maxWorkers=1', '--no-isolate'])
    expect(run.exitCode, run.output).toBe(0)
  })
})
