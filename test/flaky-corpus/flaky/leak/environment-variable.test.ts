import { expect, test } from 'vitest'

// A variable is set and never taken back.
const server = () => process.env.CORPUS_SERVER ?? 'https://example.org'

test('uses the public server', () => {
  expect(server()).toBe('https://example.org')
})

test('uses the server that is configured', () => {
  process.env.CORPUS_SERVER = 'http://localhost'
  expect(server()).toBe('http://localhost')
})
