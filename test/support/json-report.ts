import { stripVTControlCharacters } from 'node:util'
import * as v from 'valibot'

const assertion = v.object({
  title: v.string(),
  fullName: v.string(),
  status: v.picklist(['passed', 'failed', 'skipped', 'pending', 'todo', 'disabled']),
  failureMessages: v.nullish(v.array(v.nullable(v.string())), []),
  meta: v.optional(v.record(v.string(), v.unknown()), {}),
})

const schema = v.object({
  success: v.boolean(),
  numTotalTests: v.number(),
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  snapshot: v.object({
    added: v.number(),
    matched: v.number(),
    updated: v.number(),
    unmatched: v.number(),
    filesRemoved: v.number(),
  }),
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.picklist(['passed', 'failed']),
      message: v.string(),
      assertionResults: v.array(assertion),
    }),
  ),
})

export type Assertion = v.InferOutput<typeof assertion>

/** What Vitest's JSON reporter wrote, of which only what the tests look at is checked. */
export class JsonReport {
  readonly content: v.InferOutput<typeof schema>

  constructor(text: string) {
    this.content = v.parse(schema, JSON.parse(text))
  }

  /** The file whose path ends so. */
  file(ending: string): v.InferOutput<typeof schema>['testResults'][number] {
    const found = this.content.testResults.find(({ name }) => name.endsWith(ending))
    if (found === undefined)
      throw new Error(`the report has no ${ending}: ${this.content.testResults.map(({ name }) => name)}`)
    return found
  }

  /** The test of that title in the file whose path ends so. */
  test(ending: string, title: string): Assertion {
    const found = this.file(ending).assertionResults.find((candidate) => candidate.title === title)
    if (found === undefined) throw new Error(`${ending} has no test "${title}"`)
    return found
  }

  /** The messages of that test's failure, without colours; empty if it did not fail. */
  failure(ending: string, title: string): string {
    return stripVTControlCharacters(this.test(ending, title).failureMessages.join('\n'))
  }

  /** `file > full name: status` of every test, sorted: what two runs of one project must agree on. */
  outcomes(root: string): string[] {
    return this.content.testResults
      .flatMap(({ name, assertionResults }) =>
        assertionResults.map(({ fullName, status }) => `${name.replace(`${root}/`, '')} > ${fullName}: ${status}`),
      )
      .sort()
  }
}

export function parseJsonReport(text: string): JsonReport {
  return new JsonReport(text)
}
