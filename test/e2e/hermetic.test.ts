import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitestRun } from '../support/vitest-run.ts'

describe.each(onPlatforms)('%s: hermetic', (_name, platform) => {
  test('report tells what each file depends on; enforce fails it, and what is declared is fine', async () => {
    const project = await makeProject(platform, {
      ...config({
        options: `{ hermetic: 'enforce', overrides: [{ include: ['reported.test.ts'], hermetic: 'report' }] }`,
        test: `maxWorkers: 2, env: { DECLARED: 'yes' }`,
      }),
      'node_modules/reads/package.json': '{ "name": "reads", "type": "module", "main": "index.js" }',
      'node_modules/reads/index.js': 'export const all = () => [process.env.OF_PACKAGE, new Date().getHours()]',
      'home.ts': `
        import { mkdirSync, writeFileSync } from 'node:fs'
        import { homedir } from 'node:os'
        import { join } from 'node:path'
        export const remember = () => {
          mkdirSync(join(homedir(), '.config'))
          writeFileSync(join(homedir(), '.config/app.json'), '{}')
        }`,
      'clean.test.ts': `
        import { execFileSync } from 'node:child_process'
        import { writeFileSync } from 'node:fs'
        import { createServer } from 'node:net'
        import { connect } from 'node:net'
        import { tmpdir } from 'node:os'
        import { join } from 'node:path'
        import { all } from 'reads'
        import { expect, test, vi } from 'vitest'
        test('is as in any container', async () => {
          all()
          writeFileSync('in-project.txt', '')
          writeFileSync(join(tmpdir(), 'x'), process.env.DECLARED)
          execFileSync(process.execPath, ['-e', '0'], { env: { ...process.env, FOO: 'bar' } })
          process.env.OWN = '1'
          expect(process.env.OWN + process.env.NODE_ENV).toBe('1test')
          vi.stubEnv('STUBBED', 'x')
          expect(process.env.STUBBED).toBe('x')
          new Date().toISOString()
          new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format()
          const server = createServer()
          await new Promise((resolve) => server.listen(3000, resolve))
          await new Promise((resolve) => connect(3000, 'localhost').on('connect', resolve))
          server.close()
        })`,
      'unhermetic.test.ts': `
        import { spawn } from 'node:child_process'
        import { connect } from 'node:net'
        import { expect, test } from 'vitest'
        import { remember } from './home'
        test('depends on much', async () => {
          remember()
          expect(process.env.SECRET).toBeUndefined()
          expect(new Date(0).getHours()).toBeTypeOf('number')
          await fetch('https://service.invalid/').catch(() => {})
          await new Promise((resolve) => connect(80, '192.0.2.1').on('error', resolve))
          spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()
        })`,
      'reported.test.ts': `
        import { expect, test } from 'vitest'
        test('reads HOME', () => { expect(import.meta.env.SECRET ?? process.env.HOME).toBeDefined() })`,
    })
    const junit = join(dirname(project.directory), 'junit.xml')
    const run = await vitestRun(project, ['--reporter=junit', `--outputFile.junit=${junit}`])
    process.stderr.write(run.output)
    expect(run.exitCode, run.output).toBe(1)
  })
})
