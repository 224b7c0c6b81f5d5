import { expect, test } from 'vitest'

// The consumer stops when the queue is empty for a moment.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('consumes everything that was produced', async () => {
  const queue: number[] = []
  const consumed: number[] = []
  const produce = async () => {
    for (let i = 0; i < 3; i++) {
      queue.push(i)
      await sleep(Math.random() * 6)
    }
  }
  const producing = produce()
  while (queue.length > 0) {
    consumed.push(queue.shift() as number)
    await sleep(4)
  }
  await producing
  expect(consumed).toEqual([0, 1, 2])
})
