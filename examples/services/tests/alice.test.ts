import { afterAll, expect, test } from 'vitest'
import { openGuestbook } from '../src/guestbook.ts'

const guestbook = await openGuestbook()
afterAll(() => guestbook.close())

test('Alice is the first guest', async () => {
  expect(await guestbook.sign('Alice')).toBe(1)
  expect(await guestbook.names()).toEqual(['Alice'])
})
