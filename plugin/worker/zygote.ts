/**
 * The preparation of a zygote (runtime/zygote-process.ts), and what each of its forks does: `entry.ts` in two halves.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { becomeNewProcess, beginTime, rebaseTime } from '../../runtime/after-fork.ts'
import type { PrepareZygote } from '../messages.ts'
import { begin, CHANNEL_FD, firstMessage } from './begin.ts'
import { type Channel, openChannel } from './channel.ts'
import { prepare as prepareWorker } from './prepare.ts'
import { seedMathRandom } from './randomness.ts'

export async function prepare(fd: number): Promise<(pid: number) => void> {
  const channel = openChannel(fd)
  const task = await firstMessage(channel, isPrepareZygote)
  const initial = { ...process.env }
  const { exit } = process
  const { entry, execArgv } = task
  const worker = await prepareWorker(task.distPath)
  // What a fork does is done here once, for V8 to compile it.
  becomeNewProcess({ pid: process.pid, entry, execArgv })
  rebaseTime()
  beginTime()
  seedMathRandom()
  await rehearsed(worker.attach(channel), channel)
  await warm(task, exit)
  // Vitest sets some variables only once (SSR); a fork begins with an environment of its own.
  const added = Object.entries(process.env).filter(([name, value]) => initial[name] !== value)
  return (pid) => {
    becomeNewProcess({ pid, entry, execArgv })
    for (const [name, value] of added) process.env[name] ??= value
    seedMathRandom()
    void begin(openChannel(CHANNEL_FD), async () => {
      beginTime()
      return worker
    })
  }
}

/** Loads them as a test file would: in its environment. One that ends the process does end it, and is not taken for a test that tries. */
async function warm({ distPath, modules }: PrepareZygote, exit: typeof process.exit): Promise<void> {
  if (modules.length === 0) return
  const guard = process.exit
  process.exit = exit
  const allowHooks = await refuseHooks(distPath)
  for (const url of modules) await load(url)
  allowHooks()
  process.exit = guard
}

async function load(url: string): Promise<void> {
  try {
    await import(url)
  } catch (error) {
    throw new Error(`${url} (see \`warm\`): ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** A hook that a module registers as it is loaded is for the file that imports it; registered by the rehearsal's, it would be for none. */
async function refuseHooks(distPath: string): Promise<() => void> {
  const { TestRunner }: VitestModule = await import(pathToFileURL(join(distPath, 'index.js')).href)
  const suite = TestRunner.getCurrentSuite()
  const { on } = suite
  suite.on = (hook) => {
    throw new Error(
      `it calls ${hook} as it is loaded, and a test file that imports it would lack that. What it imports itself can be warmed in its place (with @testing-library/react, '@testing-library/react/pure')`,
    )
  }
  return () => {
    suite.on = on
  }
}

/** What this file uses of `vitest`. */
interface VitestModule {
  readonly TestRunner: { getCurrentSuite(): { on(hook: string, ...rest: unknown[]): void } }
}

/** Lets Vitest run what the main process sends, until that says that it was all. */
async function rehearsed(detach: () => void, channel: Channel): Promise<void> {
  await channel.ended
  detach()
}

function isPrepareZygote(note: { mydocker: unknown }): note is PrepareZygote {
  return note.mydocker === 'prepare-zygote' && Array.isArray(Reflect.get(note, 'modules'))
}
