import { expect, test } from 'vitest'

// An earlier request may be answered later.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('shows the answer to the last question', async () => {
  let shown = ''
  const search = async (text: string) => {
    await sleep(Math.random() * 15)
    shown = `results of ${text}`
  }
  const first = search('a')
  await sleep(3)
  await Promise.all([first, search('ab')])
  expect(shown).toBe('results of ab')
})
