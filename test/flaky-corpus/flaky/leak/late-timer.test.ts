import { expect, test } from 'vitest'

// A timer of the first test goes off in the second one, or before it.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const state = { value: 'initial' }

test('schedules a refresh', () => {
  setTimeout(() => (state.value = 'refreshed'), Math.random() * 12)
  expect(state.value).toBeDefined()
})

test('keeps what it was given', async () => {
  state.value = 'mine'
  await sleep(6)
  expect(state.value).toBe('mine')
})
