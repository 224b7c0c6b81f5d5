import { connect } from 'node:net'
import { expect, test } from 'vitest'

// The network is the container’s own: port 1 is nobody’s.
test('is refused where nobody listens', async () => {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => connect(1, '127.0.0.1').on('error', resolve))
  expect(error.code).toBe('ECONNREFUSED')
})
