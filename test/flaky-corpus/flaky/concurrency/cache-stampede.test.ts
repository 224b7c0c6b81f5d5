import { expect, test } from 'vitest'

// A second request comes before or after the first has filled the cache.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('loads a key once', async () => {
  const cache = new Map<string, string>()
  let loads = 0
  const get = async (key: string) => {
    if (!cache.has(key)) {
      loads++
      await sleep(8)
      cache.set(key, 'value')
    }
    return cache.get(key)
  }
  const first = get('a')
  await sleep(Math.random() * 20)
  await Promise.all([first, get('a')])
  expect(loads).toBe(1)
})
