import { expect, test } from 'vitest'

// The configuration is memoised on first use, or replaced by another test.
let config: { theme: string } | undefined
const load = (theme = 'light') => (config ??= { theme })

test('reads the default configuration', () => {
  expect(load().theme).toBe('light')
})

test('reads a custom configuration', () => {
  config = undefined
  expect(load('dark').theme).toBe('dark')
})
