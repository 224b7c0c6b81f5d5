import { expect, test } from 'vitest'
import { cureFor } from '../../runtime/doctor/cures.ts'
import type { HostFacts } from '../../runtime/doctor/facts.ts'
import { nativeError } from '../../runtime/hints.ts'

const plainUser: HostFacts = {
  isRoot: false,
  container: undefined,
  hasSeccompFilter: false,
  appArmorProfile: undefined,
  isProcCovered: false,
  forbiddenNamespaces: [],
  unprivilegedUserns: undefined,
  appArmorRestrictsUserns: undefined,
}
const docker: HostFacts = {
  ...plainUser,
  container: 'docker',
  hasSeccompFilter: true,
  appArmorProfile: 'docker-default',
  isProcCovered: true,
}

const EPERM = 1
const EACCES = 13
const ENOSPC = 28
const EINVAL = 22
const EROFS = 30

/** The cure of a step of mydocker-init that failed. */
function cure(stage: string, code: number, facts: Partial<HostFacts>): string | undefined {
  return cureFor(nativeError(stage, code, '', 'do it'), { ...plainUser, ...facts })
}

test('Debian’s switch', () => {
  expect(cure('user namespace', EPERM, { unprivilegedUserns: 0 })).toBe(
    'sudo sysctl -w kernel.unprivileged_userns_clone=1',
  )
})

test('Ubuntu 24.04: the namespace is made, and its capabilities are gone', () => {
  for (const [stage, code] of [
    ['hostname', EPERM],
    ['id map', EACCES],
    ['mount namespace', EACCES],
    ['loopback', EPERM],
  ] as const)
    expect(cure(stage, code, { appArmorRestrictsUserns: 1 })).toBe(
      'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    )
})

test('root is not what these switches restrict', () => {
  const facts = { isRoot: true, unprivilegedUserns: 0, appArmorRestrictsUserns: 1 }
  expect(cure('hostname', EPERM, facts)).toBeUndefined()
})

test('Docker: one flag for each block that is in force', () => {
  expect(cure('user namespace', EPERM, docker)).toBe(
    'Start the container by: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined',
  )
  expect(cure('mount namespace', EACCES, { ...docker, hasSeccompFilter: false, isProcCovered: false })).toBe(
    'Start the container by: docker run --security-opt apparmor=unconfined',
  )
  expect(cure('proc', EPERM, { ...docker, hasSeccompFilter: false, appArmorProfile: undefined })).toBe(
    'Start the container by: docker run --security-opt systempaths=unconfined',
  )
})

test('Docker on Ubuntu 24.04: the host’s switch too, and where', () => {
  const found = cure('hostname', EPERM, { ...docker, appArmorRestrictsUserns: 1 })
  expect(found).toContain('docker run --security-opt seccomp=unconfined')
  expect(found).toContain(
    'On the host, not in the container: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  )
})

test('Podman and Kubernetes have words of their own', () => {
  expect(cure('proc', EPERM, { ...docker, container: 'podman' })).toContain('podman run --security-opt')
  expect(cure('proc', EPERM, { ...docker, container: 'podman' })).toContain('unmask=ALL')
  expect(cure('proc', EPERM, { ...docker, container: 'kubernetes' })).toContain('procMount: Unmasked')
})

test('a container of ours holds no others, whatever is around it', () => {
  for (const stage of ['user namespace', 'hostname', 'proc', 'sysfs'])
    expect(cure(stage, EPERM, { ...docker, container: 'mydocker' })).toMatch(
      /^This is a container of mydocker.* outside\.$/,
    )
  expect(cure('overlay', EINVAL, { container: 'mydocker' })).toMatch(/^This is a container of mydocker/)
  expect(cure('cgroup', EROFS, { ...docker, container: 'mydocker' })).toMatch(/^This is a container of mydocker/)
  expect(cure('command', EACCES, { container: 'mydocker' })).toContain('executable')
})

test('a filter of systemd’s', () => {
  expect(cure('user namespace', EPERM, { hasSeccompFilter: true })).toContain('RestrictNamespaces=')
})

test('exhausted namespaces: the kinds that are forbidden, else what there is to raise', () => {
  expect(cure('user namespace', ENOSPC, { forbiddenNamespaces: ['pid', 'net'] })).toBe(
    'sudo sysctl -w user.max_pid_namespaces=15000 user.max_net_namespaces=15000',
  )
  expect(cure('user namespace', ENOSPC, {})).toContain('user.max_user_namespaces')
})

test('what has nothing to do with the surroundings keeps its own hint', () => {
  expect(cure('overlay', EINVAL, docker)).toContain('lower layer')
  expect(cure('command', EACCES, docker)).toContain('executable')
})
