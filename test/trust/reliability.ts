// npm run reliability: writes what test:trust, test:guest, test:native and soak have found into README.md and SECURITY.md, between
// `<!-- NAME -->` and `<!-- end of NAME -->`. With --check it only looks whether that has been done. The results lie in test/trust/results
// and test/soak/results.json: test/reliability.sh makes them anew.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { markdownTable } from 'markdown-table'
import * as v from 'valibot'
import { KINDS, type Kind, type TrustResults, total, trustResults } from './results.ts'

const root = path.join(import.meta.dirname, '../..')

/** Runs of the cases, as they are headed. */
const RUNS: Readonly<Record<string, string>> = {
  root: 'root',
  user: 'ordinary user',
  'guest-0': 'cgroup v2 only, Linux 6.1: root',
  'guest-1000': 'cgroup v2 only, Linux 6.1: ordinary user',
}

const soakResults = v.object({
  vitest: v.string(),
  mydocker: v.object({ pods: v.number(), edits: v.number(), failures: v.literal(0), complete: v.literal(true) }),
  series: v.array(
    v.object({ phase: v.string(), series: v.string(), start: v.number(), end: v.number(), held: v.literal(true) }),
  ),
})
const nativePart = v.object({ part: v.string(), passed: v.literal(true), count: v.nullable(v.number()) })

function read(name: string): string {
  return readFileSync(path.join(root, name), 'utf8')
}

function runs(): Record<string, TrustResults> {
  return Object.fromEntries(
    Object.keys(RUNS).map((name) => [name, v.parse(trustResults, JSON.parse(read(`test/trust/results/${name}.json`)))]),
  )
}

/** A row for each kind of case, and for what else has been found. */
function reliability(): string {
  const all = runs()
  const kinds = (Object.keys(KINDS) as Kind[]).map((kind) => [
    KINDS[kind],
    ...Object.values(all).map((results) => held(total(results[kind]))),
  ])
  const head = ['held of tried', ...Object.values(RUNS)]
  return `${table([head, ...kinds])}\n\n${native()}\n\n${soak()}`
}

/** A row for each category. */
function categories(): string {
  const all = Object.values(runs())
  const tables = (Object.keys(KINDS) as Kind[]).map((kind) => {
    const names = [...new Set(all.flatMap((results) => Object.keys(results[kind])))]
    const rows = names.map((name) => [name, ...all.map((results) => held(results[kind][name]))])
    return table([[KINDS[kind], ...Object.values(RUNS)], ...rows])
  })
  return tables.join('\n\n')
}

function native(): string {
  const lines = read('test/trust/results/native.jsonl').trim().split('\n')
  const parts = lines.map((line) => v.parse(nativePart, JSON.parse(line)))
  const fuzzers = parts.filter(({ part }) => part.startsWith('fuzzes '))
  const fuzzed = fuzzers.reduce((sum, { count }) => sum + (count ?? 0), 0)
  const sanitized = parts.find(({ part }) => part.startsWith('passes_sanitized'))?.count ?? 0
  return `The helper in C: ${fuzzers.length} decoders fuzzed, ${fuzzed.toLocaleString('en')} inputs, and ${sanitized} tests passed with AddressSanitizer and UndefinedBehaviorSanitizer; neither reported anything.`
}

function soak(): string {
  const { mydocker, series } = v.parse(soakResults, JSON.parse(read('test/soak/results.json')))
  const flat = series.filter(({ phase, start, end }) => phase === 'pods' && start === end).map((each) => each.series)
  const [main] = series.filter((each) => each.phase === 'pods' && each.series.startsWith('heap of main'))
  const MiB = (bytes = 0): string => (bytes / 2 ** 20).toFixed(1)
  return `One watch mode for ${mydocker.pods.toLocaleString('en')} containers, of which ${mydocker.edits} after an edit: all results right. At the end as at the start: ${flat.join(', ')}. The heap of Vitest's main process went from ${MiB(main?.start)} to ${MiB(main?.end)} MiB.`
}

function held(count: { tried: number; held: number } | undefined): string {
  return count === undefined || count.tried === 0 ? '–' : `${count.held} of ${count.tried}`
}

function table(rows: readonly (readonly string[])[]): string {
  return markdownTable(rows, { align: ['l', ...Array(rows.length).fill('r')] })
}

/** @returns whether the file has this text already */
function place(file: string, name: string, text: string, isCheck: boolean): boolean {
  const before = read(file)
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin}`)
  const after = `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`
  if (after !== before && !isCheck) writeFileSync(path.join(root, file), after)
  return after === before
}

const isCheck = process.argv.includes('--check')
const isThere = [
  place('README.md', 'reliability', reliability(), isCheck),
  place('SECURITY.md', 'categories', categories(), isCheck),
]
if (isCheck && isThere.includes(false)) {
  console.error(
    'README.md or SECURITY.md tells other results than test/trust/results and test/soak/results.json: npm run reliability',
  )
  process.exitCode = 1
}
