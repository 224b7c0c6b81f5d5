import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { MOST_OVERTAKES } from '../../plugin/admission-queue.ts'
import type { Amounts } from '../../plugin/node-resources.ts'
import { PressureGate } from '../../plugin/pressure-gate.ts'
import { type Reservation, Scheduler } from '../../plugin/scheduler.ts'
import type { Event } from '../../runtime/event.ts'
import { MemoryPressure } from '../../runtime/pressure.ts'

/** Of a pod that nobody gives up. */
const never = (): AbortSignal => new AbortController().signal
/** A host without pressure stall information. */
const UNKNOWN = new MemoryPressure([])

function schedulerOf(memory: number, cpu = 1000): Scheduler {
  return new Scheduler({ allocatable: { memory, cpu }, onEvent: () => {}, pressure: UNKNOWN })
}

/** What a run has admitted, in its order, and how to end it. */
class Pods {
  readonly admitted: string[] = []
  readonly #scheduler: Scheduler
  readonly #held = new Map<string, Reservation>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  async ask(name: string, memory: number, signal = never()): Promise<void> {
    const reservation = this.#scheduler.admit({ name, requests: { memory } }, signal)
    void reservation.then(
      (held) => {
        this.admitted.push(name)
        this.#held.set(name, held)
      },
      () => {},
    )
    await settled()
  }

  async end(name: string): Promise<void> {
    this.#held.get(name)?.release()
    this.#held.delete(name)
    await settled()
  }
}

/** All that promises have to do now is done. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

describe('admission', () => {
  test('waits until what is requested is free, in the order in which pods came', async () => {
    const pods = new Pods(schedulerOf(10))
    for (const name of ['a', 'b', 'c', 'd']) await pods.ask(name, 5)
    expect(pods.admitted).toEqual(['a', 'b'])
    await pods.end('b')
    expect(pods.admitted).toEqual(['a', 'b', 'c'])
  })

  test('fills the room of a big pod with all that fit', async () => {
    const pods = new Pods(schedulerOf(10))
    for (const [name, memory] of [
      ['big', 10],
      ['a', 3],
      ['b', 3],
      ['c', 3],
      ['d', 3],
    ] as const)
      await pods.ask(name, memory)
    expect(pods.admitted).toEqual(['big'])
    await pods.end('big')
    expect(pods.admitted).toEqual(['big', 'a', 'b', 'c'])
  })

  test('counts CPU as well as memory', async () => {
    const scheduler = schedulerOf(10, 1000)
    const admit = (cpu: number): Promise<Reservation> =>
      scheduler.admit({ name: 'x', requests: { memory: 1, cpu } }, never())
    const first = await admit(600)
    let isIn = false
    void admit(600).then(() => {
      isIn = true
    })
    await settled()
    expect(isIn).toBe(false)
    first.release()
    await settled()
    expect(isIn).toBe(true)
  })

  test('of one that waits can be given up, and holds nobody up then', async () => {
    const pods = new Pods(schedulerOf(10))
    const abort = new AbortController()
    await pods.ask('a', 6)
    await pods.ask('given up', 10, abort.signal)
    abort.abort()
    await pods.end('a')
    await pods.ask('b', 10)
    expect(pods.admitted).toEqual(['a', 'b'])
  })

  test('is released once, however often it is said', async () => {
    const scheduler = schedulerOf(10)
    const reservation = await scheduler.admit({ name: 'a', requests: { memory: 10 } }, never())
    reservation.release()
    reservation.release()
    const pods = new Pods(scheduler)
    for (const name of ['b', 'c']) await pods.ask(name, 10)
    expect(pods.admitted).toEqual(['b'])
  })

  test('of what can never fit is refused at once, with the numbers', async () => {
    const gigabytes = 2 ** 30
    const scheduler = schedulerOf(22 * gigabytes, 2000)
    const asked = scheduler.admit({ name: 'a.test.ts', requests: { memory: 64 * gigabytes, cpu: 3000 } }, never())
    await expect(asked).rejects.toThrow(
      'scheduling: a.test.ts: 0/1 nodes are available: Insufficient memory: resources.requests.memory 64Gi, allocatable 22Gi besides Vitest itself; Insufficient cpu: resources.requests.cpu 3, allocatable 2 cores; lower',
    )
  })

  test('overtakes one that does not fit only so often', async () => {
    const pods = new Pods(schedulerOf(10))
    await pods.ask('first', 5)
    await pods.ask('big', 10)
    const small = Array.from({ length: MOST_OVERTAKES + 2 }, (_, index) => `small ${index}`)
    for (const name of small) await pods.ask(name, 1)
    expect(pods.admitted).toEqual(['first', ...small.slice(0, MOST_OVERTAKES)])
    for (const name of pods.admitted) await pods.end(name)
    expect(pods.admitted.at(MOST_OVERTAKES + 1)).toBe('big')
    await pods.end('big')
    expect(pods.admitted).toHaveLength(small.length + 2)
  })

  test('whatever comes: never more than there is, nobody overtaken too often, everybody in the end', async () => {
    const NODE: Amounts = { memory: 100, cpu: 1000 }
    const amounts = fc.record({
      memory: fc.integer({ min: 1, max: NODE.memory }),
      cpu: fc.integer({ min: 0, max: NODE.cpu }),
    })
    // Which of those that run ends next, as a share of their number.
    const ends = fc.double({ min: 0, max: 0.999, noNaN: true })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(amounts, ends), { minLength: 1, maxLength: 40 }), async (asked) => {
        const scheduler = new Scheduler({ allocatable: NODE, onEvent: () => {}, pressure: UNKNOWN })
        const admitted: number[] = []
        const running: { readonly requests: Amounts; readonly reservation: Reservation }[] = []
        const check = (): void => {
          const sum = (name: keyof Amounts): number =>
            running.reduce((total, { requests }) => total + requests[name], 0)
          expect(sum('memory')).toBeLessThanOrEqual(NODE.memory)
          expect(sum('cpu')).toBeLessThanOrEqual(NODE.cpu)
        }
        for (const [index, [requests]] of asked.entries()) {
          void scheduler.admit({ name: `${index}`, requests }, never()).then((reservation) => {
            admitted.push(index)
            running.push({ requests, reservation })
            check()
          })
        }
        await settled()
        for (const [, end] of asked) {
          expect(running.length).toBeGreaterThan(0)
          const [ended] = running.splice(Math.floor(end * running.length), 1)
          ended?.reservation.release()
          await settled()
        }
        expect(admitted.toSorted((a, b) => a - b)).toEqual(asked.map((_, index) => index))
        for (const [position, index] of admitted.entries()) {
          const later = admitted.slice(0, position).filter((other) => other > index)
          expect(later.length).toBeLessThanOrEqual(MOST_OVERTAKES)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('memory pressure', () => {
  /** A file as the kernel writes it, and what has been stalled so far. */
  function pressureFile(): { path: string; stalled(milliseconds: number): void } {
    const directory = mkdtempSync(join(tmpdir(), 'mydocker-pressure-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'memory.pressure')
    let total = 0
    const write = (): void => {
      const averages = 'avg10=0.00 avg60=0.00 avg300=0.00'
      writeFileSync(path, `some ${averages} total=${total + 5_000_000}\nfull ${averages} total=${total}\n`)
    }
    write()
    return {
      path,
      stalled: (milliseconds) => {
        total += milliseconds * 1000
        write()
      },
    }
  }

  test('is the share of the time in which everything stood still', () => {
    const file = pressureFile()
    const pressure = new MemoryPressure(['/nowhere/memory.pressure', file.path])
    expect(pressure.isKnown).toBe(true)
    expect(pressure.stalledShare(1000)).toBeUndefined()
    file.stalled(250)
    expect(pressure.stalledShare(2000)).toBe(0.25)
    expect(pressure.stalledShare(3000)).toBe(0)
  })

  test('that the kernel does not tell of changes nothing', () => {
    expect(UNKNOWN.isKnown).toBe(false)
    expect(UNKNOWN.stalledShare()).toBeUndefined()
  })

  test('is told when it begins and when it ends, once each', () => {
    const file = pressureFile()
    let seconds = 0
    const pressure = new MemoryPressure([file.path])
    const events: Event[] = []
    const changes: boolean[] = []
    const clocked = { isKnown: true, stalledShare: () => pressure.stalledShare(++seconds * 1000) }
    const gate = new PressureGate(
      clocked,
      (event) => events.push(event),
      (isShut) => changes.push(isShut),
    )
    for (const milliseconds of [0, 0, 300, 300, 70, 20, 20]) {
      file.stalled(milliseconds)
      gate.look()
    }
    expect(changes).toEqual([true, false])
    expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning NodeUnderMemoryPressure',
      'Normal NodeHasSufficientMemory',
    ])
    expect(events[0]?.message).toContain('30 %')
  })

  test('lets one pod run and holds up the others', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const shares = [0, 0, 0.5, 0]
    const pressure = { isKnown: true, stalledShare: () => shares.shift() }
    const pods = new Pods(new Scheduler({ allocatable: { memory: 10, cpu: 1000 }, onEvent: () => {}, pressure }))
    await pods.ask('a', 1)
    await pods.ask('b', 1)
    vi.advanceTimersByTime(2000)
    await pods.ask('c', 1)
    await pods.end('b')
    expect(pods.admitted).toEqual(['a', 'b'])
    vi.advanceTimersByTime(1000)
    await settled()
    expect(pods.admitted).toEqual(['a', 'b', 'c'])
  })
})
