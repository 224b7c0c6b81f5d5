import { expect, test } from 'vitest'

const code = () => Array.from({ length: 5 }, () => Math.floor(Math.random() * 36).toString(36)).join('')

test('has a code with a digit', () => expect(code()).toMatch(/\d/))

test('has a code of five characters', () => expect(code()).toHaveLength(5))
