import { EDITED, SMALLEST_LIMIT, VALUE, VALUE_TEST } from './suite.ts'

/** What somebody writes, and what the re-run that follows has to show. */
export interface Edit {
  readonly file: string
  readonly content: string
  readonly expected: Expectation
}

export interface Expectation {
  /** The only test file of the re-run. */
  readonly file: string
  /** Its only test, whose title tells the edit. */
  readonly title: string
  /** What the failure says; undefined for a test that passes. */
  readonly failure?: RegExp
}

type Kind = (number: number) => Edit

/** Every failure is followed by what mends it. */
const everywhere: readonly Kind[] = [source, passing, failing, passing]
/** What Vitest's own pools do not survive, or the machine does not. */
const contained: readonly Kind[] = [killed, passing, tooLarge, passing]

/** @param number from 1; no two edits of a soak have the same */
export function edit(number: number, pool: 'mydocker' | 'forks'): Edit {
  const kinds = pool === 'mydocker' ? [...everywhere, ...contained] : everywhere
  const kind = kinds[(number - 1) % kinds.length] ?? source
  return kind(number)
}

function source(number: number): Edit {
  const content = `export const value = ${number}\n`
  return { file: VALUE, content, expected: { file: VALUE_TEST, title: `the value is ${number}` } }
}

function passing(number: number): Edit {
  return ofTest(`edit ${number} passes`, `expect(${number}).toBe(${number})`)
}

function failing(number: number): Edit {
  return ofTest(`edit ${number} fails`, `expect(${number}).toBe(0)`, new RegExp(`expected ${number} to be \\+?0`))
}

function killed(number: number): Edit {
  return ofTest(`edit ${number} is killed`, `process.kill(process.pid, 'SIGKILL')`, /SIGKILL/)
}

function tooLarge(number: number): Edit {
  const body = 'Buffer.alloc(256 * 2 ** 20, 1)'
  return ofTest(`edit ${number} is too large`, body, /^OOMKilled/, `// @mydocker limits.memory=${SMALLEST_LIMIT}`)
}

function ofTest(title: string, body: string, failure?: RegExp, docblock = ''): Edit {
  const content = `${docblock}
import { expect, test } from 'vitest'

test('${title}', () => {
  ${body}
})
`
  return { file: EDITED, content, expected: { file: EDITED, title, ...(failure === undefined ? {} : { failure }) } }
}
