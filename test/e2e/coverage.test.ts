import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const files = {
  ...config({ test: `coverage: { include: ['src/**'], reporter: ['json', 'text'] }` }),
  'src/a.ts': `
    import { shared } from './shared'
    export function sign(n: number): string {
      if (n < 0) return 'negative'
      return n === 0 ? 'zero' : shared('positive')
    }`,
  'src/b.ts': `
    import { shared } from './shared'
    export class Counter {
      count = 0
      increment() { this.count++; return shared(this) }
      never() { throw new Error('not covered') }
    }`,
  'src/shared.ts': `export const shared = <T>(x: T): T => x`,
  'src/untested.ts': `export const untested = () => 1`,
  'a.test.ts': `
    import { expect, test } from 'vitest'
    import { sign } from './src/a'
    test('sign', () => { expect(sign(-1)).toBe('negative') })`,
  'a-again.test.ts': `
    import { expect, test } from 'vitest'
    import { sign } from './src/a'
    test('sign', () => { expect(sign(1)).toBe('positive') })`,
  'b.test.ts': `
    import { expect, test } from 'vitest'
    import { Counter } from './src/b'
    test('counter', () => { expect(new Counter().increment().count).toBe(1) })`,
}

describe.each(onPlatforms)('%s: coverage', (_name, platform) => {
  test.each(['v8', 'istanbul'])('by %s is that of forks', async (provider) => {
    const project = await makeProject(platform, files)
    const arguments_ = ['--coverage.enabled', `--coverage.provider=${provider}`]
    const forks = await vitestRun(project, [...arguments_, '--pool=forks'])
    const expected = coverage(project)
    await rm(project.path('coverage'), { recursive: true })
    const ours = await vitestRun(project, arguments_)
    expect(ours.exitCode, ours.output).toBe(0)
    expect(Object.keys(expected)).toContain(project.path('src/untested.ts'))
    expect(coverage(project)).toEqual(expected)
    expect(table(ours.stdout)).toEqual(table(forks.stdout))
  })
})

function coverage(project: Project): object {
  const parsed: unknown = JSON.parse(readFileSync(project.path('coverage/coverage-final.json'), 'utf8'))
  if (typeof parsed !== 'object' || parsed === null) throw new Error('no coverage')
  return parsed
}

function table(stdout: string): string[] {
  const lines = stdout.split('\n').filter((line) => line.includes('|'))
  expect(lines.join('\n')).toContain('shared.ts')
  return lines
}
