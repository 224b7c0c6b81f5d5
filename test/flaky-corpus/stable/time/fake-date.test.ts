import { expect, test, vi } from 'vitest'

// The time is faked, in UTC.
const greeting = (date: Date) => (date.getUTCHours() < 12 ? 'Good morning' : 'Good afternoon')

test('greets by the hour', () => {
  vi.useFakeTimers({ now: new Date('2026-03-04T09:00:00Z') })
  expect(greeting(new Date())).toBe('Good morning')
  vi.useRealTimers()
})
