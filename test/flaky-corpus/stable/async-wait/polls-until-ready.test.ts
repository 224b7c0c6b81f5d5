import { expect, test, vi } from 'vitest'

// Waits for the condition, not for a time.
test('polls until the job is done', async () => {
  const job = { done: false }
  setTimeout(() => {
    job.done = true
  }, 60)
  await vi.waitFor(() => expect(job.done).toBe(true), { timeout: 4000 })
})
