import { hostname } from 'node:os'
import { beforeAll, expect, test } from 'vitest'
import { openShop, visitShop } from '../src/shop.ts'

beforeAll(() => openShop('books'))

test('the shop on port 3000 is ours', async () => {
  expect(await visitShop()).toBe('welcome to books')
})

test('the machine is ours', () => {
  expect(hostname()).toContain('books')
})
