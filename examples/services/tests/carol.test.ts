import { afterAll, expect, test } from 'vitest'
import { openGuestbook } from '../src/guestbook.ts'

const guestbook = await openGuestbook()
afterAll(() => guestbook.close())

test('Carol is the first guest', async () => {
  expect(await guestbook.sign('Carol')).toBe(1)
  expect(await guestbook.names()).toEqual(['Carol'])
})
