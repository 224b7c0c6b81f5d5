import { expect, test } from 'vitest'

// Sleeps for as long as the job takes usually.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('shows the result', async () => {
  let result: string | undefined
  setTimeout(() => (result = 'done'), 5 + Math.random() * 40)
  await sleep(30)
  expect(result).toBe('done')
})
