import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { patience } from './support/host.ts'

// A name says who runs the file: `*.root.test.ts` only root, `*.user.test.ts` only an ordinary user, `*.test.ts` both.
const notOurs = process.getuid?.() === 0 ? '**/*.user.test.ts' : '**/*.root.test.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

// Bounds for a hang, not expectations.
const bounds = { testTimeout: 60_000 * patience, hookTimeout: 60_000 * patience }

/** Of tests that run Vitest in projects of their own: a cold start takes seconds, many of them under load. */
const endToEnd = {
  globalSetup: ['test/support/prepare.ts'],
  setupFiles: ['test/support/cleanup.ts'],
  testTimeout: 180_000 * patience,
  hookTimeout: 240_000 * patience,
}

export default defineConfig({
  root,
  test: {
    // Two end-to-end runs at a time are what two cores can carry.
    maxWorkers: 2,
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/inside/**/*.test.ts'],
          exclude: [notOurs],
          ...bounds,
        },
      },
      {
        root,
        test: {
          name: 'trust',
          include: ['test/trust/*.test.ts'],
          exclude: [notOurs],
          ...bounds,
        },
      },
      {
        root,
        test: {
          name: 'trust-files',
          include: ['test/trust/files/*.test.ts'],
          exclude: [notOurs],
          ...endToEnd,
        },
      },
      {
        root,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [notOurs],
          ...endToEnd,
        },
      },
    ],
  },
})
