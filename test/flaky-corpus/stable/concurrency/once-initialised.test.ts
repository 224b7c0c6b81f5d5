import { expect, test } from 'vitest'

// The promise itself is cached, not its result.
test('initialises once for concurrent callers', async () => {
  let opened = 0
  let connection: Promise<object> | undefined
  const open = (): Promise<object> => {
    connection ??= new Promise((resolve) => {
      opened++
      setTimeout(() => resolve({}), 5)
    })
    return connection
  }
  const all = await Promise.all([open(), open(), open()])
  expect(opened).toBe(1)
  expect(new Set(all).size).toBe(1)
})
