import { expect, test } from 'vitest'
import { ReadyPods } from '../../plugin/ready-pods.ts'
import { Deferred } from '../../runtime/deferred.ts'
import type { PreparedContainer } from '../../runtime/engine.ts'
import type { ContainerStatus } from '../../runtime/spec.ts'

/** A container that only knows whether it lives. */
class Pod {
  removed = 0
  readonly #ended = new Deferred<ContainerStatus>()
  readonly prepared: PreparedContainer

  constructor() {
    const ended = this.#ended.promise
    const remove = async (): Promise<void> => {
      this.removed++
    }
    this.prepared = { container: { ended, remove } as unknown as PreparedContainer['container'], start: async () => {} }
  }

  async die(): Promise<void> {
    this.#ended.resolve({} as ContainerStatus)
    await this.#ended.promise
  }
}

function filled(kinds: readonly string[]): { ready: ReadyPods; pods: Pod[] } {
  const ready = new ReadyPods()
  const pods = kinds.map((kind) => {
    const pod = new Pod()
    ready.add(kind, async () => pod.prepared)
    return pod
  })
  return { ready, pods }
}

test('each is given away once, in the order in which they were made', async () => {
  const { ready, pods } = filled(['a', 'b', 'a'])
  expect([ready.count('a'), ready.count('b'), ready.count('c')]).toEqual([2, 1, 0])
  expect(await ready.take('a')).toBe(pods[0]?.prepared)
  expect(await ready.take('a')).toBe(pods[2]?.prepared)
  expect(await ready.take('a')).toBeUndefined()
  expect(await ready.take('c')).toBeUndefined()
  expect(ready.count('b')).toBe(1)
})

test('two that ask at once get different ones', async () => {
  const { ready } = filled(['a', 'a'])
  const [first, second, third] = await Promise.all([ready.take('a'), ready.take('a'), ready.take('a')])
  expect(first).toBeDefined()
  expect(second).toBeDefined()
  expect(first).not.toBe(second)
  expect(third).toBeUndefined()
})

test('one that is on its way is counted and waited for', async () => {
  const ready = new ReadyPods()
  const made = new Deferred<PreparedContainer>()
  ready.add('a', () => made.promise)
  expect(ready.count('a')).toBe(1)
  const taken = ready.take('a')
  expect(ready.count('a')).toBe(0)
  const pod = new Pod()
  made.resolve(pod.prepared)
  expect(await taken).toBe(pod.prepared)
})

test('one that died while it waited, or could not be made, is not given away', async () => {
  const { ready, pods } = filled(['a', 'a'])
  ready.add('b', async () => {
    throw new Error('cannot be made')
  })
  await pods[0]?.die()
  expect(await ready.take('b')).toBeUndefined()
  expect([ready.count('a'), ready.count('b')]).toEqual([1, 0])
  expect(await ready.take('a')).toBe(pods[1]?.prepared)
  expect(await ready.take('a')).toBeUndefined()
})

test('clear removes all that wait, or all but some of each kind, and none that was taken', async () => {
  const { ready, pods } = filled(['a', 'a', 'a', 'b'])
  await ready.take('a')
  await ready.clear(1)
  expect([ready.count('a'), ready.count('b')]).toEqual([1, 1])
  expect(pods.map(({ removed }) => removed)).toEqual([0, 0, 1, 0])
  await ready.clear()
  expect(pods.map(({ removed }) => removed)).toEqual([0, 1, 1, 1])
  expect(await ready.take('a')).toBeUndefined()
})

test('clear removes one that is still being made', async () => {
  const ready = new ReadyPods()
  const made = new Deferred<PreparedContainer>()
  ready.add('a', () => made.promise)
  const cleared = ready.clear()
  const pod = new Pod()
  made.resolve(pod.prepared)
  await cleared
  expect(pod.removed).toBe(1)
})

test('kinds that nobody has asked for in a while are removed', async () => {
  const { ready, pods } = filled(['a', 'b'])
  for (const kind of ['c', 'd', 'e', 'f', 'g']) await ready.take(kind)
  await ready.clear(1)
  expect(pods.map(({ removed }) => removed)).toEqual([1, 1])
})
