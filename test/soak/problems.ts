import type { Expectation } from './edits.ts'
import type { Rerun } from './watching.ts'

/** @returns what is wrong with a re-run of so many files, each of one test; undefined when all have passed */
export function problemOfAll({ report }: Rerun, files: number): string | undefined {
  const { numTotalTests, numPassedTests } = report.content
  if (numTotalTests === files && numPassedTests === files) return undefined
  const failed = report.content.testResults.find(({ status }) => status === 'failed')
  const message = failed?.assertionResults.flatMap(({ failureMessages }) => failureMessages).join('\n')
  return `${numPassedTests} of ${files} tests passed. ${failed?.name ?? ''} ${failed?.message ?? ''} ${message ?? ''}`
}

/** @returns what is wrong with the re-run that follows an edit; undefined when it shows just that edit */
export function problemOfEdit({ report }: Rerun, expected: Expectation): string | undefined {
  const found = report.outcomes('').map((outcome) => outcome.replace(/^.*\/(?=test\/)/, ''))
  const status = expected.failure === undefined ? 'passed' : 'failed'
  const wanted = `${expected.file} > ${expected.title}: ${status}`
  if (found.length !== 1 || found[0] !== wanted) return `${wanted} was expected, not ${JSON.stringify(found)}`
  if (expected.failure === undefined) return undefined
  const failure = report.failure(expected.file, expected.title)
  return expected.failure.test(failure) ? undefined : `${expected.failure} was expected, not: ${failure}`
}
