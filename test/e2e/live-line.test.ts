import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { startOnTerminal } from '../support/mydocker.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { pendingPod, pod, runningPod, runReport } from '../support/run-report.ts'
import { screenOf } from '../support/screen.ts'

const sources = fileURLToPath(new URL('../../plugin', import.meta.url))
const report = runReport([pod('cart'), runningPod('album'), pendingPod('video')])

const config = `
import { LiveLine } from '${sources}/live-line.ts'
import { liveWindows } from '${sources}/vitest.ts'

const report = ${JSON.stringify(report)}
const live = {
  name: 'live',
  configureVitest({ vitest }) {
    let line
    vitest.config.reporters.push({
      onTestRunStart() {
        line = new LiveLine(liveWindows(vitest))
        line.begin(() => report)
      },
      onTestRunEnd: () => line.end(),
    })
  },
}
export default { plugins: [live], test: { pool: 'forks' } }
`

const waiting = `
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
test('waits', async () => {
  console.log('a word of the test')
  while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20))
  console.error('another word')
})
`

/** Of synchronized output: what comes before it is shown at once. */
const END_OF_UPDATE = '\x1b[?2026l'
const LINE = /^ mydocker {2}Running 1\/2 {2}Pending 1 {2}✓ 1 {2}memory 128Mi of 1Gi requested {2}oldest: tests\/album/

describe.each(onPlatforms)('%s: the live line', (_name, platform) => {
  test.each(['default', 'dot'])(
    'is the last of the window of the reporter %s, and leaves nothing',
    async (reporter) => {
      const project = await makeProject(platform, { 'vitest.config.mjs': config, 'waiting.test.js': waiting })
      const clean = `env -i PATH="$PATH" HOME="${project.home}" TERM=xterm`
      const run = startOnTerminal(project, `${clean} "${project.node}" "${project.vitest}" run --reporter=${reporter}`)
      await run.printed('memory 128Mi of 1Gi requested')
      await run.printed('a word of the test')
      const during = await screenOf(run.output().slice(0, run.output().lastIndexOf(END_OF_UPDATE)))
      expect(during.filter((line) => LINE.test(line))).toHaveLength(1)
      expect(during.at(-1)).toMatch(LINE)

      await writeFile(project.path('go'), '')
      expect(await run.exitCode, run.output()).toBe(0)
      const end = (await screenOf(run.output())).join('\n')
      expect(end).not.toContain('Running 1/2')
      for (const text of ['a word of the test', 'another word', 'Test Files  1 passed (1)'])
        expect(end.split(text)).toHaveLength(2)
    },
  )
})
