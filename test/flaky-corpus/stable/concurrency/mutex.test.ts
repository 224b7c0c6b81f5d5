import { expect, test } from 'vitest'

// The lock is a chain of promises; no two sections overlap however they are scheduled.
class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(section: () => Promise<T>): Promise<T> {
    const result = this.#last.then(section)
    this.#last = result.catch(() => {})
    return result
  }
}

test('serialises critical sections', async () => {
  const mutex = new Mutex()
  let balance = 100
  const withdraw = () =>
    mutex.run(async () => {
      const before = balance
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
      balance = before - 10
    })
  await Promise.all(Array.from({ length: 5 }, withdraw))
  expect(balance).toBe(50)
})
