import { chmod } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type CommandResult, command, tryCommand } from '../support/command.ts'
import { makeProject } from '../support/project.ts'

// An ordinary user to whom nobody has delegated a cgroup.
const UID = 1000

let asUser: (...args: string[]) => Promise<CommandResult>

beforeAll(async () => {
  const project = await makeProject({ vitest: '4.1', node: 'machine' }, {}, { place: 'tmp' })
  const room = dirname(project.directory)
  await chmod(room, 0o755)
  // Where npm has put it, below root's home perhaps, it is out of reach for others.
  const node = join(room, 'node')
  await command('sh', ['-c', 'ln "$1" "$2" 2>&- || cp "$1" "$2"', 'sh', project.node, node])
  asUser = (...args) => {
    const who = [`--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--inh-caps=-all']
    const { CI, ...env } = process.env
    return tryCommand('setpriv', [...who, node, project.mydocker, ...args], { cwd: project.directory, env })
  }
})

test('the doctor tells what memory limits would take, and that containers run without', async () => {
  const { exitCode, stdout } = await asUser('doctor')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^memory limit +degraded /m)
  expect(stdout).toMatch(/→ .*(Run as root|systemd-run --user --scope)/)
  expect(stdout).toMatch(/^OOM verdict +skipped +needs a memory limit$/m)
  expect(stdout).toMatch(/^This host runs containers: root inside is uid 1000 outside; no memory limits\.$/m)
})

test('a limit that cannot be enforced is a warning', async () => {
  const { exitCode, stdout, stderr } = await asUser('run', '--memory', '100Mi', 'id', '-u')
  expect(stdout).toBe('0\n')
  expect(stderr).toMatch(/^mydocker: warning: .*limits cannot be enforced.*\n$/)
  expect(exitCode).toBe(0)
})

test('a limit that cannot be enforced is an error under --strict', async () => {
  const { exitCode, stdout, stderr } = await asUser('run', '--strict', '--memory', '100Mi', 'id', '-u')
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^mydocker: cgroup: /)
  expect(stderr).toContain('`mydocker doctor` shows the rest.')
  expect(exitCode).toBe(125)
})

test('without limits there is nothing to warn of', async () => {
  expect(await asUser('run', '--strict', 'id', '-u')).toEqual({ exitCode: 0, stdout: '0\n', stderr: '' })
})
