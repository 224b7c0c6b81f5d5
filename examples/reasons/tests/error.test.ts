import { test } from 'vitest'

test('aborts', () => {
  process.abort()
})
