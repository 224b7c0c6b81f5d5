import { expect, test } from 'vitest'

// Both callers may find that it is not there.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('creates the account once', async () => {
  let created = 0
  let exists = false
  const ensure = async () => {
    await sleep(Math.random() * 25)
    if (exists) return
    await sleep(5)
    exists = true
    created++
  }
  await Promise.all([ensure(), ensure()])
  expect(created).toBe(1)
})
