import { relative, sep } from 'node:path'
import { markdownTable } from 'markdown-table'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Prints cases tried and cases held for each category. The title of a test is `category: case`; it is one case for each way in
 * which it was tried.
 */
export default class TrustSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = new Map<string, { tried: number; held: number }>()
    for (const module of modules) {
      if (!relative(process.cwd(), module.moduleId).startsWith(`test${sep}trust${sep}`)) continue
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'skipped' || state === 'pending') continue
        const category = /^(.*?): /.exec(test.name)?.[1] ?? test.name
        const row = rows.get(category) ?? { tried: 0, held: 0 }
        rows.set(category, { tried: row.tried + 1, held: row.held + (state === 'passed' ? 1 : 0) })
      }
    }
    if (rows.size === 0) return
    const all = [...rows.values()]
    const sum = (name: 'tried' | 'held'): number => all.reduce((total, row) => total + row[name], 0)
    const lines = [...rows, ['all', { tried: sum('tried'), held: sum('held') }] as const].map(
      ([name, { tried, held }]) => [name, `${tried}`, `${held}`],
    )
    process.stdout.write(`\n${markdownTable([['category', 'tried', 'held'], ...lines], { align: ['l', 'r', 'r'] })}\n`)
  }
}
