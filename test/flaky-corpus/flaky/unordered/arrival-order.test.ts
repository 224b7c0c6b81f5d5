import { expect, test } from 'vitest'

// Pushes results as they arrive.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('loads users in order', async () => {
  const users: string[] = []
  const load = async (name: string) => {
    await sleep(Math.random() * 10)
    users.push(name)
  }
  await Promise.all(['ada', 'bob'].map(load))
  expect(users).toEqual(['ada', 'bob'])
})
