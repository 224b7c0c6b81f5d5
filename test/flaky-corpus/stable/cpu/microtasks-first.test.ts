import { expect, test } from 'vitest'

// The order that the specification promises.
test('runs microtasks before timers', async () => {
  const order: string[] = []
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      order.push('timer')
      resolve()
    }, 0)
    queueMicrotask(() => order.push('microtask'))
    process.nextTick(() => order.push('tick'))
  })
  expect(order.at(-1)).toBe('timer')
  expect(order).toHaveLength(3)
})
