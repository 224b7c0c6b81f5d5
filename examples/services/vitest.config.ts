import { defineConfig } from 'vitest/config'
import { mydocker } from 'vitest-pool-mydocker'
import { services } from './services.ts'

export default defineConfig({
  plugins: [mydocker({ services })],
  test: { pool: 'mydocker' },
})
