/** `npm run schema`: writes the JSON Schemas of reports (draft 2020-12) that the package publishes. `--check`: only says whether they are current. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { flakyReportJsonSchema } from './flaky-report.ts'
import { runReportJsonSchema } from './run-report.ts'

const SCHEMAS = [
  { name: 'run-report', source: 'runtime/status/schema.ts', schema: runReportJsonSchema() },
  { name: 'flaky-report', source: 'plugin/flaky/schema.ts', schema: flakyReportJsonSchema() },
]

for (const { name, source, schema } of SCHEMAS) {
  const file = fileURLToPath(new URL(`../../schema/${name}.schema.json`, import.meta.url))
  const text = `${JSON.stringify(schema, undefined, 2)}\n`
  if (!process.argv.includes('--check')) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    console.error(`${file} is not what ${source} says: npm run schema`)
    process.exitCode = 1
  }
}
