import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { temporaryDirectory } from '../support/container.ts'
import { injecting } from './inject.ts'
import { isUnified, podman } from './podman.ts'
import { check, expectContainers, expectNothing, type Installation, type Survey, survey } from './survey.ts'

// Hosts that only root can make: see hosts.test.ts.

const UID = 1000
const ALL_LIMITS = { memory: true, pids: true, cpu: true }
const NO_LIMITS = { memory: false, pids: false, cpu: false }
const [EPERM, ENOSPC] = [1, 28]

/** An ordinary user to whom nobody has delegated a cgroup. What root has in its home directory is mounted where it is in reach. */
function ordinaryUser(more = ':'): { enter: (command?: readonly string[]) => string[]; installation: Installation } {
  const room = temporaryDirectory()
  chmodSync(room, 0o755)
  const installation = { node: path.join(room, 'node'), directory: path.join(room, 'package') }
  mkdirSync(installation.directory)
  copyFileSync(process.execPath, installation.node)
  const script = `mount --bind "$1" "$2" && { ${more}; } && shift 2 && exec "$@"`
  return {
    installation,
    enter: (command = []) => [
      ...['unshare', '--mount', 'sh', '-c', script, 'sh', packageDirectory, installation.directory, ...command],
      ...['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--inh-caps=-all'],
    ],
  }
}

function usersDirectory(): string {
  const directory = temporaryDirectory()
  chownSync(directory, UID, UID)
  return directory
}

test('hosts: a user without delegation', async () => {
  const { enter, installation } = ordinaryUser()
  const found = await survey(enter(), usersDirectory(), installation)
  expectContainers(found, NO_LIMITS)
  expect(found.report.verdict).toContain(`root inside is uid ${UID} outside`)
  expect(check(found, 'memory limit').cure).toMatch(/Run as root|systemd-run --user --scope -p Delegate=yes/)
})

/** What needs a capability in a user namespace: AppArmor lets it be made, and refuses these in it (apparmor_capable). */
const CAPABLE = (
  'sethostname setdomainname setns mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick ' +
  'move_mount open_tree mount_setattr'
).split(' ')
const RESTRICTED = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'

test('hosts: AppArmor’s restriction of user namespaces', async () => {
  const { enter, installation } = ordinaryUser(
    `mount -t tmpfs tmpfs ${path.dirname(RESTRICTED)} && echo 1 >${RESTRICTED}`,
  )
  const found = await survey(enter(injecting(CAPABLE, EPERM)), usersDirectory(), installation)
  expectNothing(found, 'user namespace')
  expect(check(found, 'user namespace').cure).toBe('sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0')
})

// fs.mount-max is a sysctl of the whole machine, and so is not reached here: the call fails as it would.
test('hosts: as many mounts as there may be', async () => {
  const found = await survey(injecting(['move_mount', 'mount'], ENOSPC), temporaryDirectory())
  expectNothing(found, 'mount')
  expect(check(found, 'mount').cure).toContain('raise sysctl fs.mount-max')
})

test('hosts: podman run, and then with what its doctor says', async () => {
  const byDefault = await podman([])
  expectNothing(byDefault, 'user namespace')
  expect(check(byDefault, 'platform').detail).toMatch(/, inside podman$/)
  const cure = check(byDefault, 'user namespace').cure ?? ''
  expect(cure).toMatch(/^Start the container by: podman run --security-opt /)

  const flags = cure.match(/--security-opt \S+/g)?.flatMap((each) => each.split(' ')) ?? []
  const unmasked = await podman(flags)
  if (isUnified) {
    await expectLimitsInLeaf(unmasked, flags)
    return
  }
  expectContainers(unmasked, NO_LIMITS)
  expect(check(unmasked, 'memory limit').cure).toContain('--privileged')
})

/** On v2 who surveys is in the way of limits, and the doctor says how to move him. */
async function expectLimitsInLeaf(found: Survey, options: readonly string[]): Promise<void> {
  expectContainers(found, NO_LIMITS)
  const [, move = ''] = /into a leaf first: `(.*)`/.exec(check(found, 'memory limit').cure ?? '') ?? []
  expectContainers(await podman(options, move), ALL_LIMITS)
}

test('hosts: podman run without its filter of system calls', async () => {
  const found = await podman(['--security-opt', 'seccomp=unconfined'])
  expectNothing(found, 'proc')
  expect(check(found, 'proc').cure).toContain('podman run --security-opt unmask=ALL')
})

test('hosts: podman run --privileged', async () => {
  const found = await podman(['--privileged'])
  // Among them files, which podman mounts: /etc/hosts.
  expect(check(found, 'nested mounts').status).toBe('ok')
  if (isUnified) await expectLimitsInLeaf(found, ['--privileged'])
  else expectContainers(found, ALL_LIMITS)
})
