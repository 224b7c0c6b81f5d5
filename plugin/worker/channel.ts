import net from 'node:net'
import { Deferred } from '../../runtime/deferred.ts'
import { FrameDecoder } from '../frame.ts'

/** What the worker needs of the pod's channel: a connected unix stream socket whose other end the main process holds. */
export interface Channel {
  /** Where messages go from now on; without a listener they wait. */
  onMessage(listener: ((message: unknown) => void) | undefined): void
  /** @returns false when the peer reads slower than we write: wait for `drained` before a lot more */
  write(frame: Uint8Array): boolean
  /** Resolves once everything written has been handed to the kernel. */
  drained(): Promise<void>
  /** Resolves when the peer has gone and no more will come, for a process that is not to end with it. */
  readonly ended: Promise<void>
}

// Taken at import, before a test can replace them: fake timers may cover nextTick, and Vitest replaces process.exit.
const nextTick = process.nextTick.bind(process)

/**
 * Ends the process as a container's command ends: Node flushes profiles and V8 coverage, but `exit` handlers of tests are not
 * run, as they are not when Vitest's own pools stop a worker.
 */
export const exitNow = realExit()

/**
 * A socket with every method of its prototypes as its class's own, so that a test which spies on `net.Socket.prototype` or
 * `stream.Writable.prototype` changes its own sockets and not the way to the main process.
 */
class PinnedSocket extends net.Socket {}
pinMethods(PinnedSocket.prototype)

/**
 * Takes over a descriptor that this process inherited. The process ends when the peer has gone: nobody is left to report to
 * (an orphan that goes on sending can loop until it eats the machine, vitest-dev/vitest#11241).
 */
export function openChannel(fd: number): Channel {
  const socket = new PinnedSocket({ fd, readable: true, writable: true })
  const decoder = new FrameDecoder()
  const inbox: unknown[] = []
  let listener: ((message: unknown) => void) | undefined
  // One tick per message: Vitest 4 subscribes before its own state is initialised (vitest-dev/vitest#10932), and a listener
  // that throws must not take the later messages of a chunk with it.
  const next = (): void => {
    if (listener !== undefined && inbox.length > 0) listener(inbox.shift())
  }
  socket.on('data', (chunk: Buffer) => {
    for (const message of decoder.push(chunk)) {
      inbox.push(message)
      nextTick(next)
    }
  })
  socket.on('error', () => exitNow(1))
  socket.on('close', () => {
    if (ended === undefined) exitNow(1)
    else ended.resolve()
  })
  let drain: Promise<void> | undefined
  let ended: Deferred<void> | undefined
  return {
    get ended() {
      ended ??= new Deferred()
      return ended.promise
    },
    onMessage(callback) {
      listener = callback
      for (const _ of inbox) nextTick(next)
    },
    write: (frame) => socket.write(frame),
    drained() {
      if (socket.writableLength === 0) return Promise.resolve()
      drain ??= new Promise((resolve) => {
        // The callback of an empty write comes after those of all writes before it.
        socket.write('', () => {
          drain = undefined
          resolve()
        })
      })
      return drain
    },
  }
}

/** `process.reallyExit` is what process.exit() calls last; the type declarations do not have it. */
function realExit(): (code: number) => void {
  const reallyExit: unknown = Reflect.get(process, 'reallyExit')
  const exit = typeof reallyExit === 'function' ? reallyExit : process.exit
  return (code) => Reflect.apply(exit, process, [code])
}

/** Copies all inherited methods of an object to itself. */
function pinMethods(target: object): void {
  for (
    let proto: object = Object.getPrototypeOf(target);
    proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
      if (typeof descriptor.value !== 'function' || Object.hasOwn(target, name)) continue
      Object.defineProperty(target, name, { ...descriptor, enumerable: false })
    }
  }
}
