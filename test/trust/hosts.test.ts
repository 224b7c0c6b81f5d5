import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { command } from '../support/command.ts'
import { temporaryDirectory } from '../support/container.ts'
import { isRoot } from '../support/host.ts'
import { check, expectContainers, expectNothing, mydockerOf, survey } from './survey.ts'

// Hosts that root and an ordinary user have alike. Each is really made, surveyed by a program that runs on it, and held to what
// its doctor says.

const who = isRoot ? 'root' : 'a delegated user'

test(`hosts: ${who}`, async (context) => {
  requireCapability(context, await missingMemoryLimit())
  const found = await survey([], temporaryDirectory())
  const isOk = (name: string): boolean => check(found, name).status === 'ok'
  expectContainers(found, { memory: true, pids: true, cpu: isRoot || isOk('cpu limit') })
  // Where the root file system can be idmapped, root's containers are nobody's.
  if (!isRoot) expect(found.report.verdict).toContain(`root inside is uid ${process.getuid?.()} outside`)
  else
    expect(found.report.verdict).toContain(
      isOk('idmapped mounts')
        ? 'root inside is nobody outside'
        : 'root inside is root outside, without its capabilities',
    )
})

test.each([
  ['', [], 'user namespace'],
  [' without seccomp', ['--security-opt', 'seccomp=unconfined'], 'proc'],
])(`hosts: a container of our own%s, of ${who}`, async (_title, options, missing) => {
  const found = await survey([...mydockerOf(), 'run', '--no-strict', ...options, '--'], packageDirectory)
  expectNothing(found, missing)
  for (const name of [missing, 'memory limit'])
    expect(check(found, name).cure).toMatch(/^This is a container of mydocker/)
})

// The sysctl is of a user namespace, and so of one that is made here.
const REACHED = `
  echo 1 >/proc/sys/user/max_user_namespaces
  coproc unshare --user sh -c 'echo held; exec cat'
  read -ru "\${COPROC[0]}" line && [ "$line" = held ] || exit
  [ "$1" = reached ] || echo "$1" >/proc/sys/user/max_user_namespaces
  "\${@:2}"`

test(`hosts: as many user namespaces as there may be, of ${who}`, async () => {
  const where = ['unshare', '--user', '--map-root-user', 'bash', '-c', REACHED, 'bash']
  const reached = await survey([...where, 'reached'], temporaryDirectory())
  expectNothing(reached, 'user namespace')
  expect(check(reached, 'user namespace').detail).toContain('ENOSPC')
  expect(check(reached, 'user namespace').cure).toContain('raise sysctl user.max_user_namespaces')

  const [program = '', ...args] = [...where, '1000', ...mydockerOf(), 'run', '--strict', '--', 'echo', 'ran']
  expect(await command(program, args)).toBe('ran\n')
})
