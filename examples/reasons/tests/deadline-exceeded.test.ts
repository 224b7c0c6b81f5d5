// @mydocker activeDeadlineSeconds=5
import { test } from 'vitest'

test('waits for ever', async () => {
  await new Promise(() => {})
})
