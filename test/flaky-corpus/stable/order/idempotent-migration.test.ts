import { expect, test } from 'vitest'

// Both work on copies.
const template = Object.freeze({ version: 1, title: 'a' })
const migrate = (document: { version: number; title: string }) => ({ ...document, version: 2 })

test('migrates an old document', () => {
  expect(migrate({ ...template }).version).toBe(2)
})

test('leaves a new document alone', () => {
  expect(migrate({ ...template, version: 2 })).toEqual({ version: 2, title: 'a' })
})
