// @mydocker size=small
import { expect, test } from 'vitest'
import { total } from '../src/invoice.ts'

test('the total of an invoice', () => {
  expect(
    total([
      { name: 'tea', cents: 250 },
      { name: 'cake', cents: 420 },
    ]),
  ).toBe(670)
})
