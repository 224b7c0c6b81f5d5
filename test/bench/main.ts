import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { machine } from '../support/machine.ts'
import { pack } from '../support/toolbox.ts'
import { bars, isKept } from './bars.ts'
import { chart } from './chart.ts'
import { type Options, parseOptions } from './command-line.ts'
import { measure, newest } from './measure.ts'
import { report } from './report.ts'
import { parseResults, type Results } from './results.ts'

// npm run bench: see `npm run bench -- --help`.
const options = parseOptions(process.argv)
const results =
  options.from === undefined ? await measured(options) : parseResults(await readFile(options.from, 'utf8'))
process.stdout.write(`${report(results)}\n`)
if (options.svg !== undefined) await writeFile(options.svg, `${chart(results, options.vitest?.at(-1) ?? newest)}\n`)
const parts = [...results.runs, ...results.starts, ...results.memory, ...results.profiles, ...results.overcommits]
const hasFailed = parts.some(({ error }) => error !== undefined)
// Small suites are no measure: the start of Vitest is most of them.
const isBroken = !results.quick && !bars(results).every(isKept)
if (hasFailed || isBroken) process.exitCode = 1

async function measured({ json, tarball, ...rest }: Options): Promise<Results> {
  const temporary = await mkdtemp(join(tmpdir(), 'vitest-pool-mydocker-bench-'))
  try {
    // Before we make it busy ourselves.
    const host = machine()
    const file = tarball === undefined ? await pack() : resolve(tarball)
    return await measure(rest, { host, temporary, tarball: file }, async (sofar) => {
      if (json !== undefined) await writeFile(json, `${JSON.stringify(sofar, undefined, 2)}\n`)
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}
