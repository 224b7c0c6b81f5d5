import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// A name says who runs the file: `*.root.test.ts` only root, `*.user.test.ts` only an ordinary user, `*.test.ts` both.
const notOurs = process.getuid?.() === 0 ? '**/*.user.test.ts' : '**/*.root.test.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Of tests that run Vitest in projects of their own. */
const endToEnd = {
  globalSetup: ['test/support/prepare.ts'],
  setupFiles: ['test/support/cleanup.ts'],
  // Bounds for a hang, not expectations: a cold Vitest start takes seconds, many of them under load.
  testTimeout: 180_000,
  hookTimeout: 240_000,
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
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        root,
        test: {
          name: 'trust',
          include: ['test/trust/*.test.ts'],
          exclude: [notOurs],
          testTimeout: 60_000,
          hookTimeout: 60_000,
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
