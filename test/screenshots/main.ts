/** `npm run screenshots`: makes the pictures of README's "Reports" in docs/, of runs that happen now. It needs Debian's `chromium`. */
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { exampleFiles } from '../support/example.ts'
import type { Platform } from '../support/platforms.ts'
import { makeProjectIn, removeProjects } from '../support/project.ts'
import { toolbox } from '../support/toolbox.ts'
import { shoot } from './browser.ts'
import { shopFiles } from './shop.ts'
import { run, terminalPage } from './terminal.ts'

const docs = fileURLToPath(new URL('../../docs', import.meta.url))
const platform: Platform = { vitest: '5.1', node: 24 }

try {
  const installed = await toolbox(platform.vitest)

  const shop = await makeProjectIn(installed, platform, shopFiles())
  await run(shop, ['--maxWorkers=4'])
  const page = await readFile(shop.path('mydocker-report.html'), 'utf8')
  await shoot(page, `${docs}/report-light.png`, { width: 1080, height: 900, scheme: 'light' })
  await shoot(page, `${docs}/report-dark.png`, { width: 1080, height: 900, scheme: 'dark' })
  const table = tableOf(page)
  await shoot(table, `${docs}/report-table.png`, { width: 1080, height: 760, scheme: 'light' })

  const memory = await makeProjectIn(installed, platform, exampleFiles('memory'))
  const lines = await run(memory, [])
  await shoot(terminalPage(lines), `${docs}/terminal.png`, { width: 980, height: 640, scheme: 'dark' })
} finally {
  await removeProjects()
}
process.stdout.write(`${docs}\n`)

/** The page from its table on, with the first pod open: what lies below the edge of the other pictures. */
function tableOf(page: string): string {
  const from = page.indexOf('<header>')
  const to = page.indexOf('<section>\n<h2>Pods')
  const below = page.slice(0, from) + page.slice(to)
  return below.replace('<details>', '<details open>')
}
