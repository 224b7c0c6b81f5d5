import { type Bootstrap, isNote } from '../messages.ts'
import type { Channel } from './channel.ts'
import { setClock } from './clock.ts'
import type { PreparedWorker } from './prepare.ts'
import { seedMathRandom } from './randomness.ts'

/** ContainerSpec.channel: the descriptor that the engine hands to the command. */
export const CHANNEL_FD = 3

/** The life of a worker in its pod: it learns what it is for, and is Vitest's from then on. */
export async function begin(channel: Channel, load: (bootstrap: Bootstrap) => Promise<PreparedWorker>): Promise<void> {
  const bootstrap = await firstMessage(channel, isBootstrap)
  const worker = await load(bootstrap)
  if (bootstrap.seed !== undefined) seedMathRandom(bootstrap.seed)
  if (bootstrap.clock !== undefined) setClock(bootstrap.clock)
  worker.attach(channel, bootstrap.hermetic)
}

/** What comes after it waits in the channel until somebody listens. */
export function firstMessage<T>(
  channel: Channel,
  is: (note: { mydocker: unknown }) => note is T & { mydocker: unknown },
): Promise<T> {
  return new Promise((resolve, reject) => {
    channel.onMessage((message) => {
      channel.onMessage(undefined)
      if (isNote(message) && is(message)) resolve(message)
      else reject(new Error('mydocker: the first message on the channel is not the one that is expected'))
    })
  })
}

function isBootstrap(note: { mydocker: unknown }): note is Bootstrap {
  return note.mydocker === 'bootstrap' && typeof Reflect.get(note, 'distPath') === 'string'
}
