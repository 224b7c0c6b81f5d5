import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'

export default defineConfig({
  plugins: [mydocker({ network: 'bridge' })],
  // Files that wait for each other must run at the same time.
  test: { pool: 'mydocker', maxWorkers: 2 },
})
