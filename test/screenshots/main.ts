/** `npm run screenshots`: makes the pictures of README's "Reports" in docs/, of runs that happen now. It needs Debian's `chromium`. */
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { flakyPage } from '../../plugin/flaky/html/page.ts'
import { parseFlakyReport } from '../../plugin/flaky/schema.ts'
import { htmlReport } from '../../runtime/status/html/page.ts'
import { parseRunReport } from '../../runtime/status/schema.ts'
import { exampleFiles } from '../support/example.ts'
import type { Platform } from '../support/platforms.ts'
import { makeProjectIn, removeProjects } from '../support/project.ts'
import { toolbox } from '../support/toolbox.ts'
import { mydocker } from '../support/vitest-run.ts'
import { shoot } from './browser.ts'
import { shopFiles } from './shop.ts'
import { run, runOnSmallNode, terminalPage } from './terminal.ts'

const docs = fileURLToPath(new URL('../../docs', import.meta.url))
const platform: Platform = { vitest: '5.1', node: 24 }

/** So little that the files of the shop have to wait for one another. */
const NODE_MEMORY = 1300 * 2 ** 20

try {
  const installed = await toolbox(platform.vitest)

  const shop = await makeProjectIn(installed, platform, shopFiles())
  await runOnSmallNode(shop, NODE_MEMORY, ['--maxWorkers=4'])
  const report = parseRunReport(await readFile(shop.path('mydocker-report.json'), 'utf8'))
  // Of anybody's machine: nobody cares where the pictures were made.
  const page = htmlReport({ ...report, run: { ...report.run, root: '/home/ada/shop' } })
  await shoot(page, `${docs}/report-light.png`, { width: 1080, height: 900, scheme: 'light' })
  await shoot(page, `${docs}/report-dark.png`, { width: 1080, height: 900, scheme: 'dark' })
  await shoot(tableOf(page), `${docs}/report-table.png`, { width: 1080, height: 760, scheme: 'light' })

  const memory = await makeProjectIn(installed, platform, exampleFiles('memory'))
  const lines = await run(memory, [])
  await shoot(terminalPage(lines), `${docs}/terminal.png`, { width: 980, height: 550, scheme: 'dark' })

  const flaky = await makeProjectIn(installed, platform, exampleFiles('flaky'))
  await mydocker(flaky, ['flaky', '--shuffle', '--vary-clock', '--seed=1', '--json=sweep.json'])
  const swept = parseFlakyReport(await readFile(flaky.path('sweep.json'), 'utf8'), 'sweep.json')
  const sweepPage = flakyPage({ ...swept, sweep: { ...swept.sweep, root: '/home/ada/shop' } })
  await shoot(sweepPage, `${docs}/flaky-light.png`, { width: 1080, height: 1000, scheme: 'light' })
  await shoot(sweepPage, `${docs}/flaky-dark.png`, { width: 1080, height: 1000, scheme: 'dark' })
} finally {
  await removeProjects()
}
process.stdout.write(`${docs}\n`)

/** The page from its table on, with a pod open: what lies below the edge of the other pictures. */
function tableOf(page: string): string {
  const below = page.slice(0, page.indexOf('<header>')) + page.slice(page.indexOf('<section>\n<h2>Pods'))
  return below.replace('<details><summary>tests/flaky', '<details open><summary>tests/flaky')
}
