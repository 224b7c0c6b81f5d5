import { spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import process from 'node:process'
import type { HostFacts } from './attack.ts'

const MEMORY_KEY = 0x6d796464
/** More than a block, for whom writes in blocks. */
const VICTIM_BYTES = 8192

/** Everything outside that attacks are after. */
export class HostSide {
  readonly facts: Omit<HostFacts, 'neighbour'>
  readonly #servers: readonly Server[]
  readonly #before: unknown

  static async open(): Promise<HostSide> {
    const directory = mkdtempSync('/var/tmp/mydocker-trust-')
    writeFileSync(path.join(directory, 'victim'), 'v'.repeat(VICTIM_BYTES))
    const secrets = ['/tmp', '/dev/shm'].map((place) => path.join(mkdtempSync(`${place}/mydocker-secret-`), 'secret'))
    for (const secret of secrets) writeFileSync(secret, 'secret')
    const abstractSocket = `mydocker-trust-${process.pid}`
    const socket = path.join(directory, 'socket')
    const [tcp, ...others] = await Promise.all([listen(0), listen(`\0${abstractSocket}`), listen(socket)])
    const address = tcp?.address()
    sharedMemory(`defined shmget(${MEMORY_KEY}, 4096, 01600) or die $!`)
    return new HostSide(
      {
        directory,
        secrets,
        pid: process.pid,
        namespaces: Object.fromEntries(
          ['user', 'pid', 'mnt', 'net', 'uts', 'ipc', 'cgroup'].map((name) => [
            name,
            readlinkSync(`/proc/self/ns/${name}`),
          ]),
        ),
        port: typeof address === 'object' && address !== null ? address.port : 0,
        abstractSocket,
        socket,
        memoryKey: MEMORY_KEY,
        cgroups: ownCgroups(),
      },
      [tcp, ...others].filter((server) => server !== undefined),
    )
  }

  private constructor(facts: HostSide['facts'], servers: readonly Server[]) {
    this.facts = facts
    this.#servers = servers
    this.#before = this.photograph()
  }

  /** Of the directory and what else is not to change, as it was at the beginning. */
  get before(): unknown {
    return this.#before
  }

  /** As it is now. A change of anything in an inode changes its ctime (inode(7)). */
  photograph(): unknown {
    const { directory } = this.facts
    const watched = ['.', ...readdirSync(directory)].map((name) => path.join(directory, name))
    return [
      ...watched,
      '/etc/passwd',
      '/usr/local/bin',
      '/proc/sys/kernel/core_pattern',
      '/proc/sys/vm/swappiness',
    ].map((file) => {
      const { mode, uid, gid, size, ino, nlink, ctimeMs } = lstatSync(file)
      const isFile = (mode & 0o170000) === 0o100000
      return {
        file,
        mode,
        uid,
        gid,
        size,
        ino,
        nlink,
        content: isFile ? readFileSync(file, 'utf8') : '',
        ctimeMs: file.startsWith('/proc') ? 0 : ctimeMs,
      }
    })
  }

  close(): void {
    for (const server of this.#servers) server.close()
    sharedMemory(`shmctl(shmget(${MEMORY_KEY}, 1, 0), 0, 0)`)
    for (const place of [this.facts.directory, ...this.facts.secrets.map((secret) => path.dirname(secret))])
      rmSync(place, { recursive: true })
  }
}

function listen(where: number | string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end('reached'))
    server.once('error', reject)
    if (typeof where === 'number') server.listen(where, '127.0.0.1', () => resolve(server))
    else server.listen(where, () => resolve(server))
  })
}

function sharedMemory(statement: string): void {
  const { status, stderr } = spawnSync('/usr/bin/perl', ['-e', statement], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

function ownCgroups(): string[] {
  return readFileSync('/proc/self/cgroup', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(':'))
    .map(([, controllers = '', place = '']) =>
      path.join('/sys/fs/cgroup', controllers === '' ? 'unified' : controllers, place),
    )
}
