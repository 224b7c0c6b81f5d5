import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { chart } from './chart.ts'
import { parseOptions } from './command-line.ts'
import { measure } from './measure.ts'
import { report, summary } from './report.ts'
import { parseSoaked } from './results.ts'
import { isFlat, verdict } from './verdict.ts'

// npm run soak: see `npm run soak -- --help`.
const options = parseOptions(process.argv)
const soaked = options.from === undefined ? await measure(options) : parseSoaked(await readFile(options.from, 'utf8'))
if (options.samples !== undefined) await writeFile(options.samples, `${JSON.stringify(soaked)}\n`)
const rows = verdict(soaked)
process.stdout.write(`${report(soaked, rows)}\n`)
if (options.json !== undefined)
  await writeFile(options.json, `${JSON.stringify(summary(soaked, rows), undefined, 2)}\n`)
if (options.chart !== undefined) await writeFile(options.chart, `${chart(soaked)}\n`)
if (!isFlat(soaked, rows)) process.exitCode = 1
