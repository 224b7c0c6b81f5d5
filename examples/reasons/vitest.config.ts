import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'

export default defineConfig({
  plugins: [mydocker({ report: { html: true, json: true, openmetrics: true } })],
  test: { pool: 'mydocker', testTimeout: 60_000 },
})
