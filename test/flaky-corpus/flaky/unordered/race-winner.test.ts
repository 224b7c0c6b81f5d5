import { expect, test } from 'vitest'

// Either of two mirrors may be the faster one.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('asks the first mirror', async () => {
  const ask = async (mirror: string) => {
    await sleep(Math.random() * 10)
    return mirror
  }
  expect(await Promise.race([ask('first'), ask('second')])).toBe('first')
})
