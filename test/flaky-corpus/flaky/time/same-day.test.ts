import { expect, test } from 'vitest'

// Asks for the date twice, with midnight in between now and then.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('saves and loads on the same day', async () => {
  const savedOn = new Date().toDateString()
  await sleep(80)
  expect(new Date().toDateString()).toBe(savedOn)
})
