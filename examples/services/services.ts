import { readdirSync } from 'node:fs'
import type { Service } from 'vitest-pool-mydocker'

/** Debian and Ubuntu keep the servers of each version in a directory of their own, which is not on PATH. */
const versions = '/usr/lib/postgresql'
const [version] = readdirSync(versions).sort((a, b) => Number(b) - Number(a))
const PATH = `${versions}/${version}/bin:/usr/local/bin:/usr/bin:/bin`

const data = '/srv/postgresql'

/** What is thrown away with the container need not reach a disk, and sockets in directories are not used. */
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', unix_socket_directories: '' }

const postgresql: Service = {
  name: 'postgresql',
  command: ['postgres', '-D', data],
  args: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  env: { PATH, LC_ALL: 'C.UTF-8' },
  workingDir: '/',
  securityContext: { runAsNonRoot: true },
  // Made once; each file then has a copy of its own, of which only what it changes takes memory.
  template: {
    mountPath: data,
    command: ['initdb', '-D', data, '--username=postgres', '--auth=trust', '--no-sync', '--wal-segsize=1'],
  },
  readinessProbe: { exec: { command: ['pg_isready', '--host=127.0.0.1', '--username=postgres'] } },
  resources: { requests: { memory: '64Mi' }, limits: { memory: '256Mi' } },
}

const redis: Service = {
  name: 'redis',
  command: ['redis-server', '--save', '', '--appendonly', 'no'],
  workingDir: '/',
  readinessProbe: { exec: { command: ['redis-cli', 'ping'] } },
  resources: { requests: { memory: '16Mi' }, limits: { memory: '64Mi' } },
}

export const services: Service[] = [postgresql, redis]
