import { config } from '../../support/config.ts'
import type { Files } from '../../support/project.ts'

/** Where in the life of a file it is struck. */
export const STEPS = ['setup', 'collection', 'beforeAll', 'test', 'afterEach', 'afterAll', 'teardown'] as const
export type Step = (typeof STEPS)[number]

/** The test of a file that is at its steps one after the other; `test` is its second one. */
const WITH_STEPS = `
  import { afterAll, afterEach, beforeAll, test } from 'vitest'
  import { at } from './strike.ts'
  at('collection')
  beforeAll(() => at('beforeAll'))
  afterEach(({ task }) => { if (task.name === 'second') at('afterEach') })
  afterAll(() => at('afterAll'))
  test('first', () => {})
  test('second', () => at('test'))
  test('third', () => {})`

/** @returns the name of a file that strikes there */
export function striker(signal: 'SIGKILL' | 'SIGSTOP', target: string, step: Step): string {
  return `${signal}.${target}.${step}.test.ts`
}

/** Files by their names, which say what they do. */
export function strikers(names: readonly string[]): Files {
  return Object.fromEntries(names.map((name) => [name, WITH_STEPS]))
}

/** Files that have nothing to do with it, and whose one test, `goes on`, passes. */
export function innocentFiles(...names: readonly string[]): Files {
  return Object.fromEntries(
    names.map((name) => [`${name}.test.ts`, `import { test } from 'vitest'\ntest('goes on', () => {})`]),
  )
}

/**
 * A project whose files strike down parts of what runs them. They do that themselves, at a step of theirs, and do nothing else
 * meanwhile; what they cannot reach, as it is outside, they have the main process strike for them.
 * @param more of Vitest's options, as source
 */
export function strikingProject(options: string, files: Files, more = ''): Files {
  return {
    ...config({
      options: `{ strict: false, ...(${options}) }`,
      test: `
        globalSetup: './control.ts', setupFiles: './setup.ts', environment: './environment.ts', maxWorkers: 2, testTimeout: 120_000,
        ${more}
      `,
    }),
    'setup.ts': `import { at } from './strike.ts'\nat('setup')`,
    // Its end is what of a user's runs last in a file.
    'environment.ts': `
      export default {
        name: 'struck', viteEnvironment: 'ssr',
        setup: () => ({ teardown: (global) => global.strikeAt?.('teardown') }),
      }`,
    // Inside.
    'strike.ts': `
      import { spawnSync } from 'node:child_process'
      import { writeFileSync, writeSync } from 'node:fs'
      import { basename } from 'node:path'
      import { expect, inject } from 'vitest'
      const file = basename(expect.getState().testPath)
      const [signal, target, step] = file.split('.')
      const forEver = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      const ASK = 'use IO::Socket::INET; $s = IO::Socket::INET->new("127.0.0.1:" . shift) or die $!; print $s shift, "\\\\n"; <$s>'
      globalThis.strikeAt = at
      const port = inject('control')
      export function at(current) {
        if (current !== step) return
        // Whoever watches the run sees it, and strikes at the main process.
        writeSync(1, 'struck here: ' + file + '\\n')
        if (target === 'worker') process.kill(process.pid, signal)
        else if (target !== 'main') {
          // Anybody outside can read that, but for this process nobody says it.
          const mark = ('m' + Math.random()).slice(0, 15)
          writeFileSync('/proc/self/comm', mark)
          const { stderr } = spawnSync('/usr/bin/perl', ['-e', ASK, String(port), [mark, target, signal].join(' ')])
          if (stderr.length > 0) throw new Error(String(stderr))
        }
        if (signal === 'SIGKILL' && target !== 'zygote') forEver()
      }`,
    // Outside.
    'control.ts': `
      import { once } from 'node:events'
      import { readdirSync, readFileSync } from 'node:fs'
      import { createServer } from 'node:net'
      const read = (pid, file) => { try { return readFileSync('/proc/' + pid + '/' + file, 'utf8') } catch { return '' } }
      const pids = () => readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map(Number)
      const parentOf = (pid) => Number(/^PPid:\\s+(\\d+)/m.exec(read(pid, 'status'))?.[1])
      function find(mark, target) {
        if (target === 'zygote') return pids().find((pid) => read(pid, 'cmdline').includes('zygote-process') && parentOf(pid) === process.pid)
        const worker = pids().find((pid) => read(pid, 'comm').trim() === mark)
        return { 'PID 1': parentOf(worker), supervisor: parentOf(parentOf(worker)) }[target]
      }
      export async function setup({ provide }) {
        const server = createServer((client) => client.on('error', () => {}).once('data', (data) => {
          const [, mark, target, signal] = /^(\\S+) (.*) (\\S+)\\n/.exec(String(data))
          const pid = find(mark, target)
          if (pid !== undefined) process.kill(pid, signal)
          client.end('done\\n')
        })).listen(0, '127.0.0.1')
        await once(server, 'listening')
        provide('control', server.address().port)
        return () => server.close()
      }`,
    ...files,
  }
}
