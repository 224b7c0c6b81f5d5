import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'

/** Test files that touch what the worker itself stands on. */
const touching = {
  ...config({ test: `testTimeout: 20_000` }),
  'sockets.test.ts': `
    import fs from 'node:fs'
    import net from 'node:net'
    import stream from 'node:stream'
    import v8 from 'node:v8'
    import { expect, test, vi } from 'vitest'
    test('replaces sockets, streams, files and serialisation, and leaves them so', () => {
      for (const name of ['write', 'end', 'destroy', '_write', '_writeGeneric', 'emit', 'push']) {
        if (net.Socket.prototype[name]) vi.spyOn(net.Socket.prototype, name).mockImplementation(() => true)
      }
      vi.spyOn(stream.Writable.prototype, 'write').mockImplementation(() => true)
      vi.spyOn(v8, 'serialize').mockImplementation(() => Buffer.alloc(0))
      vi.spyOn(fs, 'openSync').mockImplementation(() => 99)
    })
    test('still reports', () => { expect(1 + 1).toBe(2) })
    test('and takes snapshots', () => { expect('kept').toMatchSnapshot() })`,
  'ticks.test.ts': `
    import { expect, test, vi } from 'vitest'
    test('cannot fake the tick that messages need', () => {
      expect(() => vi.useFakeTimers({ toFake: ['nextTick'] })).toThrow(/child_process/)
    })
    test('sends to its parent as under forks', async () => {
      expect(process.connected).toBe(true)
      expect(await new Promise((resolve) => process.send('hello', resolve))).toBeNull()
    })`,
  'descriptor.test.ts': `
    import { closeSync } from 'node:fs'
    import { test } from 'vitest'
    test('closes the channel', async () => { closeSync(3); await new Promise(() => {}) })`,
  'environment.ts': `
    import { VitestSnapshotEnvironment } from 'vitest/runtime'
    class Environment extends VitestSnapshotEnvironment {
      #header = '// mine'
      getHeader() { return this.#header }
    }
    export default new Environment()`,
}

describe.each(onPlatforms)('%s: test files that touch what the worker stands on', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }
  beforeAll(async () => {
    project = await makeProject(platform, touching)
    run = await vitestRun(project, [])
  })

  test('may spy on sockets, streams and files', () => {
    for (const title of [
      'replaces sockets, streams, files and serialisation, and leaves them so',
      'still reports',
      'and takes snapshots',
    ]) {
      expect(run.report.test('/sockets.test.ts', title).status, run.output).toBe('passed')
    }
    expect(readFileSync(project.path('__snapshots__/sockets.test.ts.snap'), 'utf8')).toContain('kept')
  })

  test('find the process of a forks worker', () => {
    expect(run.report.test('/ticks.test.ts', 'cannot fake the tick that messages need').status, run.output).toBe(
      'passed',
    )
    expect(run.report.test('/ticks.test.ts', 'sends to its parent as under forks').status, run.output).toBe('passed')
  })

  test('fail, and do not hang, when they close descriptor 3', () => {
    expect(run.report.test('/descriptor.test.ts', 'closes the channel').status, run.output).toBe('failed')
  })

  test("may have a snapshot environment of the user's", async () => {
    const other = await makeProject(platform, {
      'environment.ts': touching['environment.ts'],
      ...config({ test: `snapshotEnvironment: './environment.ts'` }),
      'own.test.ts': `import { expect, test } from 'vitest'; test('one', () => { expect('two').toMatchSnapshot() })`,
    })
    const own = await vitestRun(other, ['own'])
    expect(own.exitCode, own.output).toBe(0)
    expect(readFileSync(other.path('__snapshots__/own.test.ts.snap'), 'utf8')).toMatch(/^\/\/ mine/)
  })
})

describe.each(onPlatforms)('%s: several files in one container', (_name, platform) => {
  const where = (rest = '') => `
    import { hostname } from 'node:os'
    import { test } from 'vitest'
    test('where', ({ task }) => { task.meta.where = hostname() })
    ${rest}`

  test('go on in another one when it dies in one of them', async () => {
    const project = await makeProject(platform, {
      ...config({ test: `isolate: false, maxWorkers: 1, sequence: { sequencer: Alphabet }` }),
      'a.test.ts': where(),
      'b.test.ts': where(`test('dies', () => { process.kill(process.pid, 'SIGKILL'); for (;;); })`),
      'c.test.ts': where(),
      'd.test.ts': where(),
    })
    const text = readFileSync(project.path('vitest.config.ts'), 'utf8')
    await project.write({
      'vitest.config.ts': `
        import { BaseSequencer } from 'vitest/node'
        class Alphabet extends BaseSequencer {
          async sort(files) { return [...files].sort((a, b) => a.moduleId < b.moduleId ? -1 : 1) }
        }
        ${text}`,
    })
    const { report, output } = await vitestRun(project, [])
    const found = ['a', 'b', 'c', 'd'].map((name) => report.test(`/${name}.test.ts`, 'where').meta.where)
    expect(found[1], output).toBe(found[0])
    expect(found[2]).not.toBe(found[0])
    expect(found[3]).toBe(found[2])
    expect(report.test('/b.test.ts', 'dies').status).toBe('failed')
    expect(output).not.toContain('Unhandled')
  })

  test('have containers of their own when they ask for different ones', async () => {
    const project = await makeProject(platform, {
      ...config({ test: `isolate: false, maxWorkers: 1` }),
      'a.test.ts': where(),
      'b.test.ts': `// @mydocker hostname=other\n${where()}`,
    })
    const { report } = await vitestRun(project, [])
    expect(report.test('/b.test.ts', 'where').meta.where).toBe('other')
    expect(report.test('/a.test.ts', 'where').meta.where).not.toBe('other')
  })
})

describe.each(onPlatforms)('%s: profiles of workers', (_name, platform) => {
  test('survive their containers, each under a name of its own', async () => {
    const one = `import { test } from 'vitest'; test('x', () => {})`
    const project = await makeProject(platform, {
      ...config({ test: `execArgv: ['--cpu-prof', '--cpu-prof-dir=profiles']` }),
      'a.test.ts': one,
      'b.test.ts': one,
    })
    const run = await vitestRun(project, [], { mayStartCold: true })
    expect(run.exitCode, run.output).toBe(0)
    expect(readdirSync(project.path('profiles')).filter((name) => name.endsWith('.cpuprofile'))).toHaveLength(2)
  })
})
