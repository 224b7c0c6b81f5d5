/**
 * The program of a zygote. Descriptor 3 is the channel of its preparation, 4 takes its records, 5 gives it requests.
 *
 * It prepares, waits until its event loop is empty, and calls into C, where it stays: from then on JavaScript runs in its forks
 * only, each of them in the namespaces of its pod.
 */
import { readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { exitProcess, serveZygote } from './native.ts'
import { encodePlan } from './plan.ts'

/** What the module of a zygote exports. */
export interface Preparation {
  /**
   * Everything that is done once. What it opens it closes again.
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

const module: Preparation = await import(process.argv[2] ?? '')
const work = await module.prepare(CHANNEL_FD)
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
  collectGarbage()
  const pid = serveZygote()
  isFork = true
  work(pid)
})

function refuse(cause: string): never {
  writeSync(STATUS_FD, encodePlan([['refused', 'zygote', '0', '', cause]]))
  process.exit(1)
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

/** A fork copies each page that it writes to; what a collection leaves is old and stays as it is. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc === 'function') gc()
  setFlagsFromString('--no-expose-gc')
}
