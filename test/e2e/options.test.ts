import { readFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { config, plugin } from '../support/config.ts'
import { isRoot } from '../support/host.ts'
import { onPlatforms, platforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitest, vitestRun } from '../support/vitest-run.ts'

/** Tells what its container is like. */
const report = (docblock = '') => `
  // ${docblock}
  import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
  import { hostname } from 'node:os'
  import { test } from 'vitest'
  const attempt = (action) => { try { return action() } catch (error) { return error.code } }
  test('report', ({ task }) => {
    task.meta.report = {
      hostname: hostname(),
      pid: process.pid,
      env: { A: process.env.A, FROM_SHELL: process.env.FROM_SHELL, FROM_CONFIG: process.env.FROM_CONFIG, PATH: typeof process.env.PATH },
      directory: process.cwd(),
      user: [process.getuid(), process.getgid()],
      capabilities: readFileSync('/proc/self/status', 'utf8').match(/CapEff:\\s*(\\w+)/)[1],
      data: attempt(() => readFileSync('/data/file', 'utf8')),
      intoData: attempt(() => { writeFileSync('/data/written', ''); return 'written' }),
      intoEmpty: attempt(() => { writeFileSync('/empty/written', ''); return 'written' }),
    }
  })
`

const mydockerDocblock = (text: string) => `@mydocker ${text}`

describe.each(onPlatforms)('%s: options', (_name, platform) => {
  test('of the plugin, of a project, of overrides and of a docblock, beside a project with another pool', async () => {
    const project = await makeProject(platform, {
      'vitest.config.ts': `
        import { defineConfig } from 'vitest/config'
        import { mydocker } from 'vitest-pool-mydocker'
        export default defineConfig({
          plugins: [${plugin(`{
            env: { A: 'plugin' },
            securityContext: { capabilities: { drop: ['ALL'] } },
            overrides: [
              { include: ['over/**'], hostname: 'from-override', env: { A: 'override' } },
              { include: ['over/last.test.ts'], hostname: 'last-override' },
              { include: ['over/volumes.test.ts'], workingDir: './over', volumes: [
                { mountPath: '/data', hostPath: './fixtures', readOnly: true }, { mountPath: '/empty', emptyDir: {} } ] },
              { include: ['over/clean.test.ts'], env: 'clean' },
              { include: ['over/persist.test.ts'], persist: ['kept/**'] },
            ],
          }`)}],
          test: {
            env: { FROM_CONFIG: 'config' },
            projects: [
              { extends: true, test: { name: 'pods', include: ['**/*.test.ts'], exclude: ['**/node_modules/**', 'plain/**'], pool: 'mydocker' } },
              { extends: true, test: { name: 'plain', include: ['plain/**/*.test.ts'], pool: 'forks' } },
              { extends: true, test: { name: 'host', include: ['over/hostname.test.ts'], pool: 'mydocker', mydocker: { env: { A: 'project' }, overrides: [] } } },
            ],
          },
        })`,
      'fixtures/file': 'content',
      'plain/forks.test.ts': report(),
      'plugin.test.ts': report(),
      'docblock.test.ts': report(mydockerDocblock('hostname=from-docblock limits.memory=200Mi')),
      'over/hostname.test.ts': report(),
      'over/last.test.ts': report(),
      'over/volumes.test.ts': report(),
      'over/clean.test.ts': report(),
      'over/persist.test.ts': `
        import { mkdirSync, writeFileSync } from 'node:fs'
        import { test } from 'vitest'
        test('writes', () => {
          mkdirSync('kept/deep', { recursive: true }); writeFileSync('kept/deep/file', 'kept'); writeFileSync('lost', '')
        })`,
    })
    await project.commit()
    const run = await vitestRun(project, [], { env: { FROM_SHELL: 'shell' } })
    expect(run.exitCode, run.output).toBe(0)
    const found = (file: string) => run.report.test(file, 'report').meta.report

    expect(found('plain/forks.test.ts')).not.toMatchObject({ hostname: expect.stringContaining('forks') })
    expect(found('/plugin.test.ts')).toMatchObject({
      hostname: expect.stringContaining('plugin'),
      capabilities: '0000000000000000',
      env: { A: 'plugin', FROM_SHELL: 'shell', FROM_CONFIG: 'config' },
      directory: project.directory,
    })
    expect(found('/docblock.test.ts')).toMatchObject({ hostname: 'from-docblock' })
    expect(found('over/last.test.ts')).toMatchObject({ hostname: 'last-override', env: { A: 'override' } })
    expect(found('over/volumes.test.ts')).toMatchObject({
      directory: project.path('over'),
      data: 'content',
      intoData: 'EROFS',
      intoEmpty: 'written',
    })
    expect(found('over/clean.test.ts')).toMatchObject({ env: { FROM_CONFIG: 'config', PATH: 'string' } })
    expect(found('over/clean.test.ts')).not.toHaveProperty('env.FROM_SHELL')
    const hostnames = run.report.content.testResults
      .filter(({ name }) => name.endsWith('over/hostname.test.ts'))
      .map(({ assertionResults }) => assertionResults[0]?.meta.report)
    expect(hostnames).toHaveLength(2)
    expect(hostnames).toContainEqual(
      expect.objectContaining({ hostname: 'from-override', env: expect.objectContaining({ A: 'override' }) }),
    )
    expect(await project.git('status', '--porcelain', '--untracked-files=all')).toBe('?? kept/deep/file\n')
    expect(readFileSync(project.path('kept/deep/file'), 'utf8')).toBe('kept')
  })

  // Other users cannot reach what is below root's home directory, a downloaded node for one.
  test.runIf(isRoot && platform.node === 'machine')('securityContext chooses the user', async () => {
    const files = {
      ...config({ options: `{ securityContext: { runAsUser: 1000, runAsGroup: 1000 } }` }),
      'user.test.ts': report(),
    }
    const project = await makeProject(platform, files, { place: 'tmp' })
    await chmod(dirname(project.directory), 0o755)
    const run = await vitestRun(project, [])
    expect(run.exitCode, run.output).toBe(0)
    expect(run.report.test('user.test.ts', 'report').meta.report).toMatchObject({ user: [1000, 1000] })
  })
})

describe('options that cannot be meant', () => {
  test.each([
    ['an unknown option', `{ memory: '1Gi' }`, ['memory', 'resources']],
    ['an unknown option inside another', `{ resources: { limit: {} } }`, ['resources.limit', 'limits']],
    ['a quantity', `{ resources: { limits: { memory: '10Mo' } } }`, ['resources.limits.memory', '10Mo', 'Mi']],
    [
      'a limit below what Node needs',
      `{ resources: { limits: { memory: '8Mi' } } }`,
      ['resources.limits.memory', '8Mi', '64Mi'],
    ],
    [
      'a glob that matches nothing',
      `{ overrides: [{ include: ['nowhere/**'] }] }`,
      ['overrides[0].include', 'nowhere/**'],
    ],
    [
      'a missing source',
      `{ volumes: [{ mountPath: '/data', hostPath: './missing' }] }`,
      ['volumes[0].hostPath', 'missing'],
    ],
    ['an option of a later release', `{ affinity: { nodeAffinity: {} } }`, ['affinity']],
  ])('%s ends the run before it begins, named and with the cure', async (_name, options, parts) => {
    for (const platform of platforms) {
      const project = await makeProject(platform, {
        ...config({ options }),
        'a.test.ts': `import { test } from 'vitest'; test('is not run', () => { console.log('it was run') })`,
      })
      const run = await vitest(project, ['run']).ended
      expect(run.exitCode, run.output).toBe(1)
      for (const part of parts) expect(run.output).toContain(part)
      expect(run.output).toContain('mydocker: options:')
      expect(run.output).not.toContain('it was run')
    }
  })
})
