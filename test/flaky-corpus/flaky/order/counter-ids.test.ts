import { expect, test } from 'vitest'

// Ids are counted for the whole file.
let last = 0
const createUser = () => ({ id: ++last })

test('gives the first user id 1', () => {
  expect(createUser().id).toBe(1)
})

test('gives every user another id', () => {
  expect(createUser().id).not.toBe(createUser().id)
})
