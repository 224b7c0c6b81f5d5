import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'

export default defineConfig({
  plugins: [mydocker({ resources: { requests: { memory: '384Mi' }, limits: { memory: '512Mi' } } })],
  // As many as there are files: what fits at a time is up to their requests.
  test: { pool: 'mydocker', maxWorkers: 8, testTimeout: 30_000 },
})
