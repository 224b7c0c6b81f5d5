import { expect, test } from 'vitest'

// Parsing needs a plugin that another test registers.
const plugins = new Map<string, (text: string) => unknown>()

test('registers the json plugin', () => {
  plugins.set('json', JSON.parse)
  expect(plugins.has('json')).toBe(true)
})

test('parses by plugin', () => {
  expect(plugins.get('json')?.('{"a":1}')).toEqual({ a: 1 })
})

test('lists plugins', () => {
  expect(Array.isArray([...plugins.keys()])).toBe(true)
})
