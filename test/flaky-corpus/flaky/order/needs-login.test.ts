import { expect, test } from 'vitest'

// The second test relies on the first one’s session.
let session: string | undefined

test('logs in', () => {
  session = 'token'
  expect(session).toBe('token')
})

test('sees its profile', () => {
  expect(session).toBeDefined()
})
