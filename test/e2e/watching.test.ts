import { mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { mydocker, start, startOnTerminal } from '../support/mydocker.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { screenOf } from '../support/screen.ts'
import { vitest } from '../support/vitest-run.ts'

/** What containers see of the host as it changes. */
const SIGNALS = 'signals'

const waiting = `
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
test('waits', { timeout: 100_000 }, async () => {
  console.log('a word of the test')
  while (!existsSync('${SIGNALS}/go')) await new Promise((resolve) => setTimeout(resolve, 20))
  console.error('another word')
})
`

const LINE = /^ mydocker {2}Running 1\/1 {2}Pending 0 {2}✓ 0 {2}memory 64Mi of \S+ requested/
/** Of synchronized output: what comes before it is shown at once. */
const END_OF_UPDATE = '\x1b[?2026l'

describe.each(onPlatforms)('%s: while a test runs', (_name, platform) => {
  async function waitingProject(): Promise<Project> {
    const project = await makeProject(platform, {
      ...config({
        options: `{
          volumes: [{ mountPath: process.cwd() + '/${SIGNALS}', hostPath: '${SIGNALS}' }],
          resources: { requests: { memory: '64Mi' } },
        }`,
        test: 'maxWorkers: 1',
      }),
      'waiting.test.js': waiting,
    })
    await mkdir(project.path(SIGNALS))
    return project
  }

  test.each(['default', 'dot'])(
    'a line is the last of the window of the reporter %s, and leaves nothing',
    async (reporter) => {
      const project = await waitingProject()
      const clean = `env -i PATH="$PATH" HOME="${project.home}" TERM=xterm`
      const run = startOnTerminal(project, `${clean} "${project.node}" "${project.vitest}" run --reporter=${reporter}`)
      await run.printed('Running 1/1')
      await run.printed('a word of the test')
      const during = await screenOf(run.output().slice(0, run.output().lastIndexOf(END_OF_UPDATE)))
      expect(during.filter((line) => LINE.test(line))).toHaveLength(1)
      expect(during.at(-1)).toMatch(LINE)

      await writeFile(project.path(`${SIGNALS}/go`), '')
      expect(await run.exitCode, run.output()).toBe(0)
      const end = (await screenOf(run.output())).join('\n')
      expect(end).not.toContain('Running 1/1')
      for (const text of ['a word of the test', 'another word', 'Test Files  1 passed (1)', '1 container'])
        expect(end.split(text), end).toHaveLength(2)
    },
  )

  test('its pod can be listed, and followed to its end; afterwards it is described', async () => {
    const project = await waitingProject()
    const run = vitest(project, ['run'])
    await run.printed(/a word of the test/)
    await expect
      .poll(async () => (await mydocker(project, ['get', 'pods', '--no-headers'])).stdout, { timeout: 30_000 })
      .toMatch(/^waiting-test-\w+ +1\/1 +Running +0 +\d+s\n$/)
    const watch = start(project, ['get', 'pods', '--watch'])
    await watch.printed('Running')
    await writeFile(project.path(`${SIGNALS}/go`), '')
    expect(await watch.exitCode).toBe(0)
    expect(watch.output()).toMatch(/0\/1 +Completed +0 +\d+s\n$/)
    expect((await run.ended).exitCode).toBe(0)
    const { stdout } = await mydocker(project, ['describe', 'waiting.test.js'])
    expect(stdout).toMatch(/^Name: +waiting[\s\S]*Tests: +1 passed[\s\S]*Scheduled[\s\S]*Started/)
  })
})
