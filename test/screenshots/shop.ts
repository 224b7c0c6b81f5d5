import { config } from '../support/config.ts'
import { exampleFiles } from '../support/example.ts'
import type { Files } from '../support/project.ts'

const AREAS = ['cart', 'checkout', 'catalog', 'search', 'auth', 'mail']
const FILES = 36

/** A suite of some size: files that take memory and time of several kinds, and those of `examples/reasons`. */
export function shopFiles(): Files {
  const files = Array.from({ length: FILES }, (_, index) => {
    const area = AREAS[index % AREAS.length] ?? 'cart'
    // Spread without chance, so that the picture stays alike.
    const spread = (index * 7919) % 101
    return [
      `tests/${area}-${index + 1}.test.ts`,
      testFile(1 + (spread % 4), 20 + spread, 150 + spread * spread * 0.4),
    ] as const
  })
  const { 'vitest.config.ts': _, 'README.md': __, ...reasons } = exampleFiles('reasons')
  return {
    ...reasons,
    ...Object.fromEntries(files),
    ...config({
      options: `{
        report: { json: true },
        resources: { limits: { memory: '192Mi' } },
        overrides: [
          { include: ['tests/catalog*', 'tests/mail*'], resources: { requests: { memory: '192Mi' } } },
          { include: ['tests/search*'], resources: { requests: { memory: '448Mi' }, limits: { memory: '512Mi' } } },
          { include: ['tests/unschedulable*'], resources: { limits: { memory: '64Ti' } } },
          { include: ['tests/flaky*'], restartPolicy: 'OnFailure', persist: ['attempts/**'] },
        ],
      }`,
      test: 'testTimeout: 60_000',
    }),
    'attempts/README.md': '',
    'tests/flaky-cart.test.ts': `
      import { readdirSync, writeFileSync } from 'node:fs'
      import { expect, test } from 'vitest'
      test('finds what was just written', () => {
        const attempts = readdirSync('attempts')
        writeFileSync('attempts/' + attempts.length, '')
        expect(attempts).toHaveLength(2)
      })`,
  }
}

function testFile(tests: number, megabytes: number, milliseconds: number): string {
  const each = Math.round(milliseconds / tests)
  return `
    import { setTimeout } from 'node:timers/promises'
    import { expect, test } from 'vitest'
    const kept: Buffer[] = []
    for (let number = 1; number <= ${tests}; number++) {
      test('number ' + number, async () => {
        kept.push(Buffer.alloc(${Math.round((megabytes / tests) * 1e6)}, 1))
        await setTimeout(${each})
        expect(kept).toHaveLength(number)
      })
    }`
}
