import { expect, test } from 'vitest'

// The save is begun and not awaited.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('has saved the draft', async () => {
  const store = new Map<string, string>()
  const save = async (id: string, text: string) => {
    await sleep(Math.random() * 20)
    store.set(id, text)
  }
  void save('draft', 'hello')
  await sleep(10)
  expect(store.get('draft')).toBe('hello')
})
