import { describe, expect, it } from 'vitest'
import { locate } from '../../runtime/cgroup/hierarchies.ts'

// Texts in the format of /proc/PID/cgroup and /proc/PID/mountinfo, shortened to what matters.
function directories(memberships: string, ...mounts: string[]): string[] {
  return locate(memberships, mounts.join('\n')).map(({ version, directory }) => `${version} ${directory}`)
}

const V2 = '30 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate'

describe('the cgroup of this process is found', () => {
  it('in cgroup v2', () => {
    expect(directories('0::/user.slice/user-1000.slice/run.scope', V2)).toEqual([
      'v2 /sys/fs/cgroup/user.slice/user-1000.slice/run.scope',
    ])
  })

  it('in each hierarchy of a hybrid host, at different paths', () => {
    const found = directories(
      '5:memory:/session/7\n2:cpu,cpuacct:/\n1:name=systemd:/init.scope\n0::/',
      '31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
      '34 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
      '40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    )
    expect(found).toEqual([
      'v1 /sys/fs/cgroup/memory/session/7',
      'v1 /sys/fs/cgroup/cpu,cpuacct/',
      'v2 /sys/fs/cgroup/unified/',
    ])
  })

  it('in a container whose mount shows only its own part of the hierarchy', () => {
    const mount = '34 30 0:31 /docker/4f1d /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory'
    expect(directories('5:memory:/docker/4f1d', mount)).toEqual(['v1 /sys/fs/cgroup/memory/'])
    expect(directories('5:memory:/docker/4f1d/inner', mount)).toEqual(['v1 /sys/fs/cgroup/memory/inner'])
  })

  it('in a cgroup namespace of its own', () => {
    expect(directories('0::/', V2)).toEqual(['v2 /sys/fs/cgroup/'])
  })

  it('below a mount point with a space in its name', () => {
    expect(directories('0::/a', '30 22 0:26 / /mnt/two\\040words rw - cgroup2 none rw')).toEqual([
      'v2 /mnt/two words/a',
    ])
  })
})

describe('no cgroup is found', () => {
  it.each([
    ['where none is mounted', '0::/', '24 1 8:1 / / rw - ext4 /dev/sda1 rw'],
    [
      'where another one is mounted',
      '0::/docker/4f1d',
      '30 22 0:26 /docker/77aa /sys/fs/cgroup rw - cgroup2 cgroup2 rw',
    ],
    [
      'of which only the name begins alike',
      '0::/docker/4f1d2',
      '30 22 0:26 /docker/4f1d /sys/fs/cgroup rw - cgroup2 none rw',
    ],
    [
      'where the mount shows what is outside the cgroup namespace',
      '0::/',
      '30 22 0:26 /../.. /sys/fs/cgroup rw - cgroup2 none rw',
    ],
    ['where this process is outside the cgroup namespace', '0::/../other', V2],
    ['where only the other version has the controller', '5:memory:/', V2],
  ])('%s', (_, memberships, mount) => {
    expect(directories(memberships, mount)).toEqual([])
  })
})
