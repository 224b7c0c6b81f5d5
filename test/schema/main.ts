/** `npm run schema`: writes the JSON Schema of reports (draft 2020-12) that the package publishes. `--check`: only says whether it is current. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { runReportJsonSchema } from './run-report.ts'

const file = fileURLToPath(new URL('../../schema/run-report.schema.json', import.meta.url))
const text = `${JSON.stringify(runReportJsonSchema(), undefined, 2)}\n`

if (!process.argv.includes('--check')) {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
} else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
  console.error(`${file} is not what runtime/status/schema.ts says: npm run schema`)
  process.exitCode = 1
}
