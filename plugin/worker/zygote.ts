/**
 * The preparation of a zygote (runtime/zygote-process.ts), and what each of its forks does: `entry.ts` in two halves.
 */
import { becomeNewProcess, beginTime, rebaseTime } from '../../runtime/after-fork.ts'
import type { PrepareZygote } from '../messages.ts'
import { begin, CHANNEL_FD, firstMessage } from './begin.ts'
import { type Channel, openChannel } from './channel.ts'
import { prepare as prepareWorker } from './prepare.ts'
import { seedMathRandom } from './randomness.ts'
import { warm } from './warm.ts'

export async function prepare(fd: number): Promise<(pid: number) => void> {
  const channel = openChannel(fd)
  const task = await firstMessage(channel, isPrepareZygote)
  const initial = { ...process.env }
  const { exit } = process
  const { distPath, entry, execArgv } = task
  const worker = await prepareWorker(distPath)
  // What a fork does is done here once, for V8 to compile it.
  becomeNewProcess({ pid: process.pid, entry, execArgv })
  rebaseTime()
  beginTime()
  seedMathRandom()
  await rehearsed(worker.attach(channel), channel)
  await warm(distPath, task.modules, exit)
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

/** Lets Vitest run what the main process sends, until that says that it was all. */
async function rehearsed(detach: () => void, channel: Channel): Promise<void> {
  await channel.ended
  detach()
}

function isPrepareZygote(note: { mydocker: unknown }): note is PrepareZygote {
  return note.mydocker === 'prepare-zygote' && Array.isArray(Reflect.get(note, 'modules'))
}
