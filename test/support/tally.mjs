// tally.mjs REPORTS TESTS-STATUS CHECK-STATUS: adds up Vitest's JSON reports, names what failed once more (a log of several runs is
// long), and prints `N passed, N failed`.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import process from 'node:process'

const [directory = '', testsStatus, checkStatus] = process.argv.slice(2)
const reports = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ run: basename(name, '.json'), ...JSON.parse(readFileSync(join(directory, name), 'utf8')) }))
const sum = (count) => reports.reduce((total, report) => total + count(report), 0)

let passed = sum((report) => report.numPassedTests)
let failed = sum((report) => report.numFailedTests)
// A file that fails outside of its tests has no failed test to count.
failed += sum((report) => report.testResults.filter(brokenOutsideTests).length)
// Neither have an unhandled error, a crash of Vitest itself, or a run that did not take place.
if (failed === 0 && (testsStatus !== '0' || reports.length === 0)) failed = 1
if (checkStatus === '0') passed++
else failed++

for (const { run, testResults } of reports) {
  for (const file of testResults.filter(({ status }) => status === 'failed')) tell(run, file)
}
if (checkStatus !== '0') process.stdout.write('failed: npm run check\n')
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function brokenOutsideTests({ status, assertionResults }) {
  return status === 'failed' && assertionResults.every((test) => test.status !== 'failed')
}

function tell(run, file) {
  const failures = file.assertionResults.filter((test) => test.status === 'failed')
  const lines = failures.map((test) => `${test.fullName}\n${test.failureMessages.join('\n')}`)
  const path = relative(process.cwd(), file.name)
  for (const line of lines.length > 0 ? lines : [file.message])
    process.stdout.write(`failed (${run}): ${path}: ${line}\n\n`)
}
