import { afterEach, expect, test, vi } from 'vitest'

// vi.unstubAllEnvs puts the variables back.
afterEach(() => vi.unstubAllEnvs())

test('runs in production mode', () => {
  vi.stubEnv('APP_MODE', 'production')
  expect(process.env.APP_MODE).toBe('production')
})

test('runs in test mode', () => {
  expect(process.env.APP_MODE ?? 'test').toBe('test')
})
