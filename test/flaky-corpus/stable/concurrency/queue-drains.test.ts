import { expect, test } from 'vitest'

// Waits for the last job, not for a time.
test('processes everything before it is idle', async () => {
  const done: string[] = []
  const jobs = ['a', 'b', 'c'].map(async (name, index) => {
    await new Promise((resolve) => setTimeout(resolve, (3 - index) * 4))
    done.push(name)
  })
  await Promise.all(jobs)
  expect(done.toSorted()).toEqual(['a', 'b', 'c'])
})
