import { expect, test } from 'vitest'

// Reads, waits, and writes: another withdrawal may be in between.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('withdraws twice', async () => {
  let balance = 100
  const withdraw = async (amount: number) => {
    await sleep(Math.random() * 30)
    const before = balance
    await sleep(6)
    balance = before - amount
  }
  await Promise.all([withdraw(10), withdraw(20)])
  expect(balance).toBe(70)
})
