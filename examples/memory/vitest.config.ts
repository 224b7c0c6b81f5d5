import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'

export default defineConfig({
  plugins: [mydocker({ resources: { limits: { memory: '256Mi' } } })],
  test: { pool: 'mydocker' },
})
