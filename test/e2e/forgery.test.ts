import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'

/** A file that writes a message of Vitest's into its channel, about another file. */
const forger = (method: string, args: string): string => `
  import fs from 'node:fs'
  import path from 'node:path'
  import v8 from 'node:v8'
  import { test } from 'vitest'
  import { generateFileHash } from 'vitest/node'
  const filepath = path.join(import.meta.dirname, 'victim.test.ts')
  const id = generateFileHash('victim.test.ts', '', { __vitest_label__: undefined })
  const pass = { state: 'pass', startTime: Date.now(), duration: 1, errors: [] }
  const task = { id: id + '_0', name: 'fails', type: 'test', mode: 'run', meta: {}, result: pass }
  const file = { id, name: 'victim.test.ts', type: 'suite', mode: 'run', meta: {}, filepath, tasks: [task], result: pass }
  test('forges', async () => {
    const body = v8.serialize({ t: 'q', m: '${method}', a: ${args} })
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    fs.writeSync(3, Buffer.concat([length, body]))
    await new Promise(() => {})
  })`

const FORGERS = {
  queued: forger('onQueued', '[file]'),
  collected: forger('onCollected', '[[file]]'),
  update: forger('onTaskUpdate', '[[[id, pass, {}], [task.id, pass, {}]], [[task.id, "test-finished"]]]'),
  event: forger('onTaskUpdate', '[[], [[task.id, "test-finished"]]]'),
  artifact: forger(
    'onTaskArtifactRecord',
    '[task.id, { type: "internal:annotation", annotation: { message: "m", type: "notice" } }]',
  ),
  output: forger(
    'onUserConsoleLog',
    '[{ taskId: task.id, type: "stdout", content: "forged", size: 6, time: Date.now() }]',
  ),
} as const
const names = Object.keys(FORGERS)

describe.each(onPlatforms)('%s: a message about another file', (_name, platform) => {
  let run: Run & { report: JsonReport }

  beforeAll(async () => {
    const project = await makeProject(platform, {
      ...config({}),
      ...Object.fromEntries(Object.entries(FORGERS).map(([name, source]) => [`${name}.test.ts`, source])),
      'victim.test.ts': `import { expect, test } from 'vitest'\ntest('fails', () => { expect(1).toBe(2) })`,
    })
    run = await vitestRun(project, [])
  })

  test.each(names)('is not believed, and fails the file that sent it: %s', (name) => {
    const { status, failureMessages } = run.report.test(`/${name}.test.ts`, 'forges')
    expect(status).toBe('failed')
    expect(failureMessages.join()).toContain(`${name}.test.ts: the test process spoke for another test file`)
  })

  test('changes nothing there', () => {
    const { status, failureMessages } = run.report.test('/victim.test.ts', 'fails')
    expect(status).toBe('failed')
    expect(failureMessages.join()).toContain('expected 1 to be 2')
    expect(run.output).not.toContain('forged')
  })
})
