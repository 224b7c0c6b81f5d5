import { expect, test } from 'vitest'

// The limit is by construction; finishing times may vary.
async function pool<T>(limit: number, jobs: (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  const rest = jobs.entries()
  const work = async (): Promise<void> => {
    for (const [index, job] of rest) results[index] = await job()
  }
  await Promise.all(Array.from({ length: limit }, work))
  return results
}

test('never runs more than two at once', async () => {
  let running = 0
  let most = 0
  const job = (value: number) => async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10))
    running--
    return value
  }
  expect(await pool(2, [1, 2, 3, 4, 5].map(job))).toEqual([1, 2, 3, 4, 5])
  expect(most).toBeLessThanOrEqual(2)
})
