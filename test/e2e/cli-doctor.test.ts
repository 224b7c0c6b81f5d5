import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import * as v from 'valibot'
import { beforeAll, expect, test } from 'vitest'
import { command, tryCommand } from '../support/command.ts'
import { isRoot } from '../support/host.ts'
import { mydocker } from '../support/mydocker.ts'
import { makeProject, type Project } from '../support/project.ts'

const report = v.object({
  canRun: v.boolean(),
  verdict: v.string(),
  checks: v.array(
    v.object({
      name: v.string(),
      status: v.picklist(['ok', 'degraded', 'missing', 'skipped']),
      detail: v.string(),
      cure: v.optional(v.string()),
    }),
  ),
})

const ESSENTIAL = 'native helper, user namespace, pid, uts, network, mount, ipc, proc, sysfs, overlay, container'

let project: Project

beforeAll(async () => {
  project = await makeProject({ vitest: '4.1', node: 'machine' }, {})
})

/** The statuses by name of a report in JSON. */
function statuses(json: string): Record<string, string> {
  return Object.fromEntries(v.parse(report, JSON.parse(json)).checks.map(({ name, status }) => [name, status]))
}

test('a host that runs containers is told so, with a line of 100 columns for each ability', async () => {
  const { exitCode, stdout } = await mydocker(project, ['doctor'])
  const lines = stdout.trimEnd().split('\n')
  for (const name of ESSENTIAL.split(', ')) expect(lines).toContainEqual(expect.stringMatching(`^${name} +ok `))
  expect(lines.filter((line) => line.length > 100)).toEqual([])
  expect(stdout).toMatch(/^This host runs containers: /m)
  expect(stdout).toContain(
    isRoot ? 'root inside is nobody outside' : `root inside is uid ${process.getuid?.()} outside`,
  )
  expect(exitCode).toBe(0)
})

test('--json says the same', async () => {
  const { stdout, exitCode } = await mydocker(project, ['doctor', '--json'])
  const { canRun, checks } = v.parse(report, JSON.parse(stdout))
  expect(canRun).toBe(true)
  expect(exitCode).toBe(0)
  for (const name of ESSENTIAL.split(', '))
    expect(checks).toContainEqual(expect.objectContaining({ name, status: 'ok' }))
  for (const check of checks.filter(({ status }) => status === 'degraded')) expect(check.detail).not.toBe('')
})

test('colours follow NO_COLOR and FORCE_COLOR, and are absent in a pipe', async () => {
  const outputs = await Promise.all(
    [{ FORCE_COLOR: '1' }, { NO_COLOR: '1' }, {}].map(
      async (env) => (await mydocker(project, ['doctor'], { env })).stdout,
    ),
  )
  const [forced = '', ...plain] = outputs
  expect(stripVTControlCharacters(forced)).not.toBe(forced)
  for (const output of plain) expect(stripVTControlCharacters(output)).toBe(output)
})

test('what it writes to try a copy-on-write root is not left there', async () => {
  await mydocker(project, ['doctor'])
  for (const directory of [project.directory, '/var/tmp', '/'])
    expect(await command('ls', ['-A', directory])).not.toContain('mydocker-doctor')
})

// These hosts are real: a sysctl that forbids namespaces can be set for one user namespace, and a container of ours is a
// container like any other.

test('where user namespaces are forbidden, the sysctl is the cure', async () => {
  const forbid = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
  const without = (args: readonly string[]) =>
    tryCommand('unshare', [
      '--user',
      '--map-root-user',
      'sh',
      '-c',
      forbid,
      'sh',
      project.node,
      project.mydocker,
      ...args,
    ])

  const { exitCode, stdout } = await without(['doctor'])
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(/^user namespace +missing +.*ENOSPC\n +→ .*sysctl -w user\.max_user_namespaces=\d+\n/m)
  expect(stdout).toMatch(/^pid +skipped +needs id maps$/m)
  expect(stdout).toMatch(/^This host cannot run containers: user namespace is missing\.$/m)

  const run = await without(['run', 'true'])
  expect(run.exitCode).toBe(125)
  expect(run.stderr).toContain('sysctl -w user.max_user_namespaces=')
  expect(run.stderr).toContain('`mydocker doctor` shows the rest.')
})

test('where another kind of namespace is forbidden, it is that one which is missing', async () => {
  const forbid = 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"'
  const { stdout } = await tryCommand('unshare', [
    ...['--user', '--map-root-user', 'sh', '-c', forbid, 'sh'],
    ...[project.node, project.mydocker, 'doctor', '--json'],
  ])
  expect(statuses(stdout)).toMatchObject({ pid: 'ok', network: 'missing', proc: 'ok', sysfs: 'skipped' })
  expect(stdout).toContain('user.max_net_namespaces=')
})

test('in a container that may not make namespaces, they are missing, and the place to run is named', async () => {
  const { exitCode, stdout } = await mydocker(project, ['run', project.node, project.mydocker, 'doctor', '--json'])
  expect(statuses(stdout)).toMatchObject({ 'user namespace': 'missing', container: 'skipped' })
  expect(stdout).toContain('This is a container of mydocker, and those hold no others')
  expect(exitCode).toBe(1)
})

test('in a container whose /proc is masked, a fresh one is missing', async () => {
  const { exitCode, stdout } = await mydocker(project, [
    ...['run', '--security-opt', 'seccomp=unconfined'],
    ...[project.node, project.mydocker, 'doctor', '--json'],
  ])
  expect(statuses(stdout)).toMatchObject({
    'user namespace': 'ok',
    mount: 'ok',
    overlay: 'ok',
    proc: 'missing',
    container: 'skipped',
    'OOM verdict': 'skipped',
  })
  expect(stdout).toContain('This is a container of mydocker, and those hold no others')
  expect(exitCode).toBe(1)
})
