import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'

export default defineConfig({
  plugins: [mydocker({ resources: { limits: { memory: '256Mi' } } })],
  // Under --pool forks the greedy file takes all that it asks for, which takes its time.
  test: { pool: 'mydocker', testTimeout: 60_000 },
})
