import { writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { json } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Engine, PreparedContainer } from '../../runtime/engine.ts'
import type { ContainerSpec } from '../../runtime/spec.ts'
import { Zygote } from '../../runtime/zygote.ts'
import { specOf, temporaryDirectory } from './container.ts'

export interface ForkingParts {
  /** Source of what is done once, before any fork. */
  readonly once?: string
  /** Source of an asynchronous function's body: what a fork tells, as JSON. */
  readonly each?: string
  readonly env?: Readonly<Record<string, string>>
}

/** The module of a zygote whose forks wait for a byte in their channel (see `begin`), write one JSON value to it and end. */
export function forkingModule({ once = '', each = 'return null' }: ForkingParts): string {
  const file = path.join(temporaryDirectory(), 'module.mjs')
  writeFileSync(
    file,
    `import * as fs from 'node:fs'
     import { createRequire } from 'node:module'
     const require = createRequire(import.meta.url)
     const tell = async (pid) => { ${each} }
     export async function prepare() {
       ${once}
       return (pid) => {
         // The fork that only rehearses, outside of all containers.
         if (process.ppid !== 1) process.reallyExit(0)
         Object.defineProperty(process, 'pid', { value: pid })
         fs.readSync(3, Buffer.alloc(1))
         tell(pid).then((value) => { fs.writeSync(3, JSON.stringify(value ?? null)); process.reallyExit(0) },
           (error) => { fs.writeSync(3, JSON.stringify({ error: String(error.stack) })); process.reallyExit(1) })
       }
     }`,
  )
  return file
}

/** A zygote for one test. */
export function openZygote(module: string, env: Readonly<Record<string, string>> = {}): Zygote {
  const zygote = new Zygote({
    module: pathToFileURL(module).href,
    execArgv: [],
    env: { PATH: process.env.PATH ?? '', ...env },
    workingDir: '/',
  })
  onTestFinished(() => zygote.close())
  return zygote
}

/** Starts a container that was prepared, and lets its fork do its work: one that has ended before that was killed. */
export async function begin({ container, start }: PreparedContainer): Promise<void> {
  await start('box')
  container.channel?.write('\n')
}

/** @returns what a fork of the zygote told in a container of its own */
export async function told(engine: Engine, zygote: Zygote, more: Partial<ContainerSpec> = {}): Promise<unknown> {
  const prepared = await engine.prepare(specOf('forked', { channel: true, ...more }), zygote)
  await using container = prepared.container
  const { channel } = container
  if (channel === undefined) throw new Error('no channel')
  const answer = json(channel)
  // It may end while it is being started; whoever waits for the answer hears of it.
  answer.catch(() => {})
  await begin(prepared)
  const status = await container.ended
  return await answer.catch((cause: unknown) => {
    throw new Error(`the fork told nothing: ${JSON.stringify(status)}`, { cause })
  })
}
