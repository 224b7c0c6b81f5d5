import { writeFileSync } from 'node:fs'
import { basename, relative, sep } from 'node:path'
import process from 'node:process'
import { markdownTable } from 'markdown-table'
import type { Reporter, TestModule } from 'vitest/node'
import { KINDS, type Kind, type TrustResults, total } from './results.ts'

/**
 * Prints cases tried and cases held for each category. The title of a test is `category: case`; it is one case for each way in
 * which it was tried. MYDOCKER_TRUST_RESULTS: a file that gets the same.
 */
export default class TrustSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const results = counted(modules)
    const lines = (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
      const rows = Object.entries(results[kind])
      return rows.length === 0 ? [] : [...rows, [`${KINDS[kind]} in all`, total(results[kind])] as const]
    })
    if (lines.length === 0) return
    const cells = lines.map(([name, { tried, held }]) => [name, `${tried}`, `${held}`])
    process.stdout.write(`\n${markdownTable([['category', 'tried', 'held'], ...cells], { align: ['l', 'r', 'r'] })}\n`)
    const file = process.env.MYDOCKER_TRUST_RESULTS
    if (file !== undefined && file !== '') writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`)
  }
}

function counted(modules: readonly TestModule[]): TrustResults {
  const results: TrustResults = { escapes: {}, faults: {}, hosts: {} }
  for (const module of modules) {
    if (!relative(process.cwd(), module.moduleId).startsWith(`test${sep}trust${sep}`)) continue
    const categories = results[kindOf(module.moduleId)]
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'skipped' || state === 'pending') continue
      const category = /^(.*?): /.exec(test.name)?.[1] ?? test.name
      const { tried, held } = categories[category] ?? { tried: 0, held: 0 }
      categories[category] = { tried: tried + 1, held: held + (state === 'passed' ? 1 : 0) }
    }
  }
  return results
}

function kindOf(file: string): Kind {
  if (/^(escape|messages|destinations)\./.test(basename(file))) return 'escapes'
  return basename(file).startsWith('hosts.') ? 'hosts' : 'faults'
}
