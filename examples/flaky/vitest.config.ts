import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'

export default defineConfig({
  plugins: [mydocker()],
  test: { pool: 'mydocker' },
})
