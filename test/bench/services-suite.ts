import { readdirSync } from 'node:fs'
import type { Files } from '../support/project.ts'

/** One way in which test files get their PostgreSQL and Redis. */
export interface Contender {
  readonly name: string
  readonly config: string
}

export const contenders: readonly Contender[] = [
  { name: 'servers of its own: `mydocker`, `services`', config: 'own.config.ts' },
  { name: 'the same without a template: `initdb` for each', config: 'cold.config.ts' },
  { name: '`forks`, one server for all files', config: 'shared.config.ts' },
  { name: '`forks`, servers of its own by `podman run`', config: 'podman.config.ts' },
]

const versions = '/usr/lib/postgresql'
const [version] = readdirSync(versions).sort((a, b) => Number(b) - Number(a))
const PATH = `${versions}/${version}/bin:/usr/local/bin:/usr/bin:/bin`
const INITDB = 'initdb --username=postgres --auth=trust --no-sync --wal-segsize=1'
const POSTGRES = 'postgres -c fsync=off -c unix_socket_directories='

/** Writes and reads in both. Names are the file's own, as those of a shared server must be. */
const test = (number: number): string => `
  import Redis from 'ioredis'
  import postgres from 'postgres'
  import { afterAll, expect, test } from 'vitest'
  const sql = postgres({ host: '127.0.0.1', port: Number(process.env.PGPORT ?? 5432), username: 'postgres', database: 'postgres' })
  const redis = new Redis(Number(process.env.REDIS_PORT ?? 6379))
  afterAll(async () => {
    redis.disconnect()
    await sql.end()
  })
  test('PostgreSQL', async () => {
    await sql\`create table \${sql('guests_${number}')} (name text primary key)\`
    await sql\`insert into \${sql('guests_${number}')} values ('alice')\`
    expect(await sql\`select name from \${sql('guests_${number}')}\`).toEqual([{ name: 'alice' }])
  })
  test('Redis', async () => {
    await redis.set('guest-${number}', 'alice')
    expect(await redis.get('guest-${number}')).toBe('alice')
  })`

const own = (template: string, command: string): string => `
  import { defineConfig } from 'vitest/config'
  import { mydocker } from 'vitest-pool-mydocker'
  const data = '/srv/postgresql'
  export default defineConfig({
    plugins: [mydocker({ services: [
      {
        name: 'postgresql', command: ['sh', '-c', '${command}'], env: { PATH: '${PATH}', PGDATA: data, LC_ALL: 'C.UTF-8' },
        securityContext: { runAsNonRoot: true }, workingDir: '/', ${template}
        readinessProbe: { exec: { command: ['pg_isready', '--host=127.0.0.1', '--username=postgres'] } },
      },
      { name: 'redis', command: ['redis-server', '--save', ''], workingDir: '/', readinessProbe: { tcpSocket: { port: 6379 } } },
    ] })],
    test: { pool: 'mydocker' },
  })`

const forks = (setup: string): string => `
  import { defineConfig } from 'vitest/config'
  export default defineConfig({ test: { pool: 'forks', ${setup} } })`

/** Starts both and waits until they answer; \`run\` is what a command line is put into. */
const START = `
  import { spawn } from 'node:child_process'
  import { once } from 'node:events'
  import postgres from 'postgres'
  import Redis from 'ioredis'
  export async function start(run, data, port, redisPort) {
    const programs = [
      run('mkdir -p ' + data + ' && ${INITDB} -D ' + data + ' >/dev/null && exec ${POSTGRES} -D ' + data + ' -p ' + port),
      run('exec redis-server --save "" --port ' + redisPort),
    ].map(([program, ...args]) => spawn(program, args, { stdio: 'ignore', env: { ...process.env, PATH: '${PATH}', LC_ALL: 'C.UTF-8' } }))
    process.env.PGPORT = String(port)
    process.env.REDIS_PORT = String(redisPort)
    for (;;) {
      const sql = postgres({ host: '127.0.0.1', port, username: 'postgres', database: 'postgres', max: 1 })
      const isReady = await sql\`select 1\`.then(() => true, () => false)
      await sql.end()
      if (isReady) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const redis = new Redis(redisPort)
    await redis.ping()
    return async () => {
      redis.shutdown('NOSAVE').catch(() => {})
      programs[0].kill('SIGINT')
      await Promise.all(programs.map((program) => program.exitCode ?? once(program, 'exit')))
      redis.disconnect()
    }
  }
  /** PostgreSQL refuses root. */
  export const nobody = process.getuid() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []`

/** @param room a directory for data, which anybody may write to */
export function files(count: number, room: string): Files {
  const tests = Array.from({ length: count }, (_, index) => [`file-${index}.test.ts`, test(index)] as const)
  return {
    ...Object.fromEntries(tests),
    'start.mjs': START,
    'shared.mjs': `
      import { mkdirSync, chmodSync } from 'node:fs'
      import { nobody, start } from './start.mjs'
      mkdirSync('${room}/shared', { recursive: true })
      for (const place of ['${room}', '${room}/shared']) chmodSync(place, 0o777)
      export const setup = () => start((line) => [...nobody, 'sh', '-c', line], '${room}/shared/' + process.pid, 25432, 26379)
      export default setup`,
    'podman.mjs': `
      import { afterAll } from 'vitest'
      import { start } from './start.mjs'
      const worker = Number(process.env.VITEST_POOL_ID)
      const own = (name) => '${room}/podman-' + worker + '/' + name
      const apart = 'mount -t tmpfs tmpfs /dev/shm; ! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified; exec "$@"'
      const podman = ['unshare', '--mount', 'sh', '-c', apart, 'sh', 'podman', '--root', own('storage'), '--runroot', own('run'),
        '--tmpdir', own('libpod'), '--cgroup-manager=cgroupfs', 'run', '--rm', '--network=host', '--cgroups=disabled', '--user=65534:65534',
        '--env=PATH=${PATH}', '--env=LC_ALL=C.UTF-8', '--workdir=/tmp', '--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024', '--rootfs', '/:O', 'sh', '-c']
      const stop = await start((line) => [...podman, line], '/var/tmp/data', 25432 + worker, 26379 + worker)
      afterAll(stop)`,
    'own.config.ts': own(`template: { mountPath: data, command: '${INITDB}'.split(' ') },`, `exec ${POSTGRES}`),
    'cold.config.ts': own(
      `volumes: [{ mountPath: '/srv', emptyDir: {} }],`,
      `${INITDB} >/dev/null && exec ${POSTGRES}`,
    ),
    'shared.config.ts': forks(`globalSetup: './shared.mjs'`),
    'podman.config.ts': forks(`setupFiles: './podman.mjs', testTimeout: 60_000, hookTimeout: 60_000`),
  }
}
