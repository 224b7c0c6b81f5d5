import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

// The program is charged to the same container.
test('lets a program sort a large list', () => {
  const { status } = spawnSync('sh', ['-c', 'head -c 90000000 /dev/zero | tail -c 80000000 | wc -c'])
  expect(status).toBe(0)
})
