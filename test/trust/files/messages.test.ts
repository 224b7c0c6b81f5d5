import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { CALLS } from '../../../plugin/calls.ts'
import { command } from '../../support/command.ts'
import { config } from '../../support/config.ts'
import { temporaryDirectory } from '../../support/container.ts'
import type { JsonReport } from '../../support/json-report.ts'
import { onPlatforms } from '../../support/platforms.ts'
import { makeProject, type Project } from '../../support/project.ts'
import { type Run, vitestRun } from '../../support/vitest-run.ts'

/** A file that writes messages into its channel to Vitest's main process, which has to end it for the last one. */
const forger = (...messages: string[]): string => `
  import fs from 'node:fs'
  import path from 'node:path'
  import v8 from 'node:v8'
  import { test } from 'vitest'
  import { generateFileHash } from 'vitest/node'
  const at = (name) => path.join(import.meta.dirname, name)
  const filepath = at('victim.test.ts')
  const id = generateFileHash('victim.test.ts', '', { __vitest_label__: undefined })
  const pass = { state: 'pass', startTime: Date.now(), duration: 1, errors: [] }
  const task = { id: id + '_0', name: 'fails', type: 'test', mode: 'run', meta: {}, result: pass }
  const file = { id, name: 'victim.test.ts', type: 'suite', mode: 'run', meta: {}, filepath, tasks: [task], result: pass }
  const endless = []
  endless.length = 2 ** 32 - 1
  test('forges', async () => {
    for (const message of [${messages.join(', ')}]) {
      const body = v8.serialize(message)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(body.length)
      fs.writeSync(3, Buffer.concat([length, body]))
    }
    await new Promise(() => {})
  })`

const call = (method: string, args: string): string => `{ t: 'q', m: '${method}', a: ${args} }`
/** Whatever was said before it has been heeded or refused when this ends the file. */
const END = call('valueOf', '[]')
const carry = (name: string): string[] => [
  `{ mydocker: 'carry', id: 1, purpose: 'snapshot', path: at('${name}') }`,
  `{ mydocker: 'chunk', id: 1, bytes: Buffer.from('forged') }`,
  `{ mydocker: 'carry-end', id: 1 }`,
  END,
]

/** By what they are after. */
const FORGERS: Readonly<Record<string, string>> = {
  'the result of another file, as it is queued': forger(call('onQueued', '[file]')),
  'the result of another file, as it is collected': forger(call('onCollected', '[[file]]')),
  'the result of a test of another file': forger(
    call('onTaskUpdate', '[[[id, pass, {}], [task.id, pass, {}]], [[task.id, "test-finished"]]]'),
  ),
  'the end of a test of another file': forger(call('onTaskUpdate', '[[], [[task.id, "test-finished"]]]')),
  'an annotation of another file': forger(
    call(
      'onTaskArtifactRecord',
      '[task.id, { type: "internal:annotation", annotation: { message: "m", type: "notice" } }]',
    ),
  ),
  'the output of another file': forger(
    call('onUserConsoleLog', '[{ taskId: task.id, type: "stdout", content: "forged", size: 6, time: Date.now() }]'),
  ),
  'a leak of another file': forger(call('onAsyncLeaks', '[[{ filename: filepath, stack: "", type: "Timeout" }]]')),
  'the benchmark of another file': forger(call('onTestBenchmark', '[task.id, {}]')),
  'what another file depends on': forger(call('onTestModuleDependencies', '[filepath, []]')),
  'the snapshots of another file': forger(call('resolveSnapshotPath', '[filepath]')),
  'the count of snapshots of another file': forger(call('snapshotSaved', '[{ filepath, added: 1 }]')),
  'the coverage of another file': forger(
    call('onAfterSuiteRun', '[{ coverage: {}, testFiles: ["victim.test.ts"], environment: "ssr", projectName: "" }]'),
  ),
  'the end of the whole run': forger(call('onCancel', '["keyboard-input"]')),
  'prototypes of the main process': forger(
    call('onAfterSuiteRun', '[{ coverage: "forged", testFiles: [], environment: "__proto__", projectName: "" }]'),
  ),
  'methods of every object': forger(call('__defineGetter__', '["onTaskUpdate", 1]')),
  'an environment of Vite that is none': forger(call('fetch', '["/x", undefined, "__proto__"]')),
  'package.json, as a result of a benchmark': forger(
    call('writeBenchmarkResult', '["package.json", { forged: true }]'),
  ),
  'the time of the main process, by an endless list': forger(call('onCollected', '[endless]')),
  'the source of another file, as a snapshot': forger(...carry('victim.test.ts')),
  'a hook of git, as a snapshot': forger(...carry('.git/hooks/pre-commit')),
  'the snapshot file of another file': forger(...carry('__snapshots__/victim.test.ts.snap')),
}
const forgers = Object.entries(FORGERS).map(([name, source], index) => ({
  name,
  source,
  file: `forger-${index}.test.ts`,
}))

/** Imports what the main process would read for it outside. */
const reader = (secret: string): string => `
  import { mkdirSync, writeFileSync } from 'node:fs'
  import { dirname } from 'node:path'
  import { expect, test } from 'vitest'
  test.each(['${secret}?raw', '/@fs${secret}?raw', 'file://${secret}?raw', '${secret}?url&inline', '/var/../${secret}?raw'])(
    '%s', async (id) => {
      await expect(import(/* @vite-ignore */ id)).rejects.toThrow(/Cannot find module|Failed to load url/)
    },
  )
  test.each(['/proc/self/environ?raw', '/@fs/proc/self/environ?raw'])('%s', async (id) => {
    // There is one of its own, which is no module.
    const outcome = await import(/* @vite-ignore */ id).then((module) => module.default, (error) => String(error.stack))
    expect(outcome).not.toContain('SECRET')
  })
  test('of the same name', async () => {
    mkdirSync(dirname('${secret}'), { recursive: true })
    writeFileSync('${secret}', 'export const whose = "of the container"')
    expect((await import(/* @vite-ignore */ '${secret}')).whose).toBe('of the container')
  })`

describe.each(onPlatforms)('%s', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }

  beforeAll(async () => {
    project = await makeProject(platform, {
      ...config({ options: '{ strict: false }' }),
      ...Object.fromEntries(forgers.map(({ file, source }) => [file, source])),
      'victim.test.ts': `import { expect, test } from 'vitest'\ntest('fails', () => { expect(1).toBe(2) })`,
    })
    await project.commit()
    run = await vitestRun(project, [], { env: { CI: 'true' } })
  })

  test.each(forgers)('forged messages: $name', ({ file }) => {
    const { status, failureMessages } = run.report.test(`/${file}`, 'forges')
    expect(status).toBe('failed')
    expect(failureMessages.join()).toContain(`${file}: the test process called what no test file may`)
  })

  test('forged messages: other files keep their results, and the project its files', async () => {
    const { status, failureMessages } = run.report.test('/victim.test.ts', 'fails')
    expect(status).toBe('failed')
    expect(failureMessages.join()).toContain('expected 1 to be 2')
    expect(run.report.content.testResults).toHaveLength(forgers.length + 1)
    expect(run.output).not.toContain('forged')
    expect(await project.git('status', '--porcelain')).toBe('')
  })

  test('modules read by the main process: those of places that containers have to themselves', async () => {
    const host = join(temporaryDirectory('/tmp'), 'secret.mjs')
    writeFileSync(host, 'export const whose = "of the host"')
    const reading = await makeProject(platform, {
      ...config({ options: `{ env: 'clean' }` }),
      'reader.test.ts': reader(host),
    })
    const { exitCode, output, report } = await vitestRun(reading, [], { env: { SECRET: 'of the host' } })
    expect(exitCode, output).toBe(0)
    expect(report.content.numPassedTests).toBe(8)
  })

  test('forged messages: every call that Vitest answers has its rule', async () => {
    const calls = await callsOf(project)
    expect(calls).toEqual(expect.arrayContaining(['fetch', 'onTaskUpdate', 'onCancel']))
    expect(calls.filter((name) => !Object.hasOwn(CALLS, name))).toEqual([])
  })
})

/** What workers of a project's Vitest can call. */
async function callsOf({ node, vitest }: Project): Promise<string[]> {
  const script = `
    const { createMethodsRPC } = await import(${JSON.stringify(pathToFileURL(join(dirname(vitest), 'dist/node.js')).href)})
    const project = { name: '', config: {}, vitest: { state: { metadata: {} } } }
    console.log(JSON.stringify(Object.keys(createMethodsRPC(project, {}))))`
  return v.parse(v.array(v.string()), JSON.parse(await command(node, ['--input-type=module', '-e', script])))
}
