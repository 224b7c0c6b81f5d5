import { expect, test } from 'vitest'

// Which of two writes is last is left to chance.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('keeps the newer profile', async () => {
  let profile = ''
  const write = async (text: string) => {
    await sleep(Math.random() * 10)
    profile = text
  }
  await Promise.all([write('old'), write('new')])
  expect(profile).toBe('new')
})
