/**
 * The program of a zygote. Descriptor 3 is the channel of its preparation, 4 takes its records, 5 gives it requests.
 *
 * It prepares, waits until its event loop is empty, and calls into C, where it stays: from then on JavaScript runs in its forks
 * only. The first one rehearses, with descriptor 6 as its channel; all others are in the namespaces of their pods.
 */
import { readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ErrorFields, MydockerError, messageOf } from './errors.ts'
import { exitProcess, rehearseFork, serveZygote } from './native.ts'
import { encodePlan } from './plan.ts'
import { watchRandomValues } from './random-values.ts'

/** What the module of a zygote exports. */
export interface Preparation {
  /**
   * Everything that is done once. What it opens it closes again. A MydockerError of it is what `Zygote.serving` rejects with.
   * @returns what a fork does, called in each of them
   */
  prepare(channel: number): Promise<(pid: number) => void>
}

const CHANNEL_FD = 3
const STATUS_FD = 4
/** What was started last ends by itself within this time, or never. */
const IDLE_MS = 2000

// Before anything else is loaded, so that what it captures is this.
let isFork = false
const { reallyExit } = process as unknown as { reallyExit(code?: number): never }
Object.assign(process, {
  reallyExit: (code?: number) => (isFork ? exitProcess(code ?? 0) : reallyExit.call(process, code)),
})

// Starts libuv's pool, so that its threads are known.
await stat('/')
const ownThreads = new Set(threads())
const ownDescriptors = new Set(descriptors())

const endWatch = watchRandomValues()
const module: Preparation = await import(process.argv[2] ?? '')
const work = await module.prepare(CHANNEL_FD).catch((error: unknown) => {
  if (error instanceof MydockerError) return refuseFor(error.fields)
  console.error(error)
  return refuse(`it could not be prepared: ${messageOf(error)}`)
})
const discardRandomValues = endWatch()
// From here on it is as V8 has it by default: code that runs once needs no memory of its types.
setFlagsFromString('--lazy-feedback-allocation')
// While timers of the rehearsal run out.
collectGarbage()
const unending = setTimeout(() => {
  const active = [...new Set(process.getActiveResourcesInfo())].join(', ')
  refuse(`something that it loaded does not come to an end: ${active}`)
}, IDLE_MS)
unending.unref()
// The event loop has nothing left to do; a fork has it to itself, outside of any callback.
process.once('beforeExit', () => {
  clearTimeout(unending)
  const obstacle = findObstacle()
  if (obstacle !== undefined) refuse(obstacle)
  const rehearsal = rehearseFork()
  if (rehearsal < 0) refuse('a fork of it did not do its work')
  const pid = rehearsal === 0 ? process.pid : serveZygote()
  isFork = true
  discardRandomValues()
  work(pid)
})

function refuse(message: string): never {
  return refuseFor({ stage: 'zygote', message })
}

function refuseFor({ stage, path = '', message, hint }: ErrorFields): never {
  const cause = hint === undefined ? message : `${message}. ${hint}`
  writeSync(STATUS_FD, encodePlan([['refused', stage, '0', path, cause]]))
  // Vitest replaces process.exit by what throws.
  return reallyExit.call(process, 1)
}

/** @returns why this process cannot be forked */
function findObstacle(): string | undefined {
  const foreign = threads().filter((thread) => !ownThreads.has(thread))
  if (foreign.length > 0)
    return `something that it loaded has started threads, which a fork would lack: ${foreign.map(threadName).join(', ')}`
  const open = descriptors().filter((descriptor) => !ownDescriptors.has(descriptor))
  if (open.length > 0) return `something that it loaded has left open: ${open.join(', ')}`
  return undefined
}

function threads(): string[] {
  return readdirSync('/proc/self/task')
}

function threadName(thread: string): string {
  return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()
}

/** What is open besides what libuv opens for itself: pipes and event descriptors, which a fork gets anew, and a reserve. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    const target = link(fd)
    if (target === undefined || target === '/dev/null' || /^(pipe|anon_inode):/.test(target)) return []
    return [`${target} (descriptor ${fd})`]
  })
}

/** Undefined for the descriptor of the listing itself. */
function link(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

/**
 * A fork copies each page that it writes to. A collection leaves what is old and stays as it is; its second half, sweeping, would be
 * done by every fork for itself, but that the heap has to be swept before it can be searched for code. The last resort (from Node 22
 * on) also gives up what new objects had grown to need: as a copy of rubbish it costs more than as new memory.
 */
function collectGarbage(): void {
  exposedGc()({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  getHeapCodeStatistics()
}

/** `--expose-gc` counts for contexts that are made while it is set. */
function exposedGc(): NodeJS.GCFunction {
  if (globalThis.gc !== undefined) return globalThis.gc
  setFlagsFromString('--expose-gc')
  const gc: NodeJS.GCFunction = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return gc
}
