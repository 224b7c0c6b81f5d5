/**
 * The command of a pod that is started cold: a plain Node process with its pod's channel at descriptor 3. A pod that is
 * forked from a warm process does the same two steps, `prepare` long before and `attach` after the fork.
 */
import { type Bootstrap, isNote } from '../messages.ts'
import { type Channel, openChannel } from './channel.ts'
import { prepare } from './prepare.ts'

/** ContainerSpec.channel: the descriptor that the engine hands to the command. */
const CHANNEL_FD = 3

const channel = openChannel(CHANNEL_FD)
const { distPath } = await firstMessage(channel)
const worker = await prepare(distPath)
worker.attach(channel)

function firstMessage(channel: Channel): Promise<Bootstrap> {
  return new Promise((resolve, reject) => {
    channel.onMessage((message) => {
      // What comes after it waits in the channel until the worker is attached.
      channel.onMessage(undefined)
      if (isBootstrap(message)) resolve(message)
      else reject(new Error('mydocker: the first message on the channel is not a bootstrap'))
    })
  })
}

function isBootstrap(message: unknown): message is Bootstrap {
  if (!isNote(message) || message.mydocker !== 'bootstrap') return false
  return typeof Reflect.get(message, 'distPath') === 'string'
}
