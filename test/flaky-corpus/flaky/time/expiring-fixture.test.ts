import { expect, test } from 'vitest'

// The fixture is valid until 2028.
const certificate = { validTo: '2028-01-01T00:00:00Z' }

test('accepts the certificate of the fixture', () => {
  expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(Date.now())
})
