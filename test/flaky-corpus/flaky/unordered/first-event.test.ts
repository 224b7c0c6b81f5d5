import { expect, test } from 'vitest'

// Two emitters fire at about the same time.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('hears the left button first', async () => {
  const heard: string[] = []
  for (const button of ['left', 'right']) setTimeout(() => heard.push(button), Math.random() * 5)
  await sleep(20)
  expect(heard[0]).toBe('left')
})
