import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { processTree } from '../../runtime/ports.ts'
import { requireCapability } from '../support/capability.ts'
import { command } from '../support/command.ts'
import { isRoot } from '../support/host.ts'
import { remaining, tracesOf, untilEmpty } from '../support/leftovers.ts'
import { mydocker, start, startOnTerminal } from '../support/mydocker.ts'
import { makeProject, type Project } from '../support/project.ts'

let project: Project
let limits: { readonly memory: boolean; readonly pids: boolean }

beforeAll(async () => {
  project = await makeProject({ vitest: '4.1', node: 'machine' }, { 'file.txt': 'content\n' })
  const { stdout } = await mydocker(project, ['doctor', '--json'])
  const ok = (name: string): boolean => new RegExp(`"name": "${name}",\\s*"status": "ok"`).test(stdout)
  limits = { memory: ok('memory limit') && ok('OOM verdict'), pids: ok('pids limit') }
})

/** `mydocker run` of a shell script. */
function shell(script: string, ...flags: string[]) {
  return mydocker(project, ['run', ...flags, '--', 'sh', '-c', script])
}

function requireLimit(context: TestContext, kind: keyof typeof limits): void {
  requireCapability(context, limits[kind] ? undefined : `a ${kind} limit that can be enforced`)
}

describe('what a command sees', () => {
  test('a hostname of its own', async () => {
    expect((await mydocker(project, ['run', 'hostname'])).stdout).toBe('mydocker\n')
    expect((await mydocker(project, ['run', '--hostname', 'box', 'hostname'])).stdout).toBe('box\n')
    expect(hostname()).not.toMatch(/^(mydocker|box)$/)
  })

  test('its own processes only, below a PID 1 that is mydocker-init', async () => {
    const { stdout } = await shell('ps -e -o pid=,comm=')
    const processes = stdout.trim().split(/\s*\n\s*/)
    expect(processes[0]).toMatch(/^\s*1 mydocker-init$/)
    expect(processes.slice(1).map((line) => line.split(' ')[1])).toEqual(['sh', 'ps'])
  })

  test('loopback only, unless it has the network of the host or a bridge', async () => {
    expect((await shell('ls /sys/class/net')).stdout).toBe('lo\n')
    expect((await shell('ls /sys/class/net', '--network', 'bridge')).stdout).toBe('eth0\nlo\n')
    const namespace = (await command('readlink', ['/proc/self/ns/net'])).trim()
    expect((await shell('readlink /proc/self/ns/net')).stdout.trim()).not.toBe(namespace)
    expect((await shell('readlink /proc/self/ns/net', '--network', 'host')).stdout.trim()).toBe(namespace)
  })

  test('the current directory, the environment and root', async () => {
    const { stdout } = await mydocker(project, ['run', '--', 'sh', '-c', 'pwd; cat file.txt; echo $GREETING; id -u'], {
      env: { GREETING: 'hello' },
    })
    expect(stdout).toBe(`${project.directory}\ncontent\nhello\n0\n`)
  })

  test('the current directory also where it is below /tmp', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mydocker-cli-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    await writeFile(join(directory, 'here'), 'seen\n')
    expect((await mydocker(project, ['run', 'cat', 'here'], { cwd: directory })).stdout).toBe('seen\n')
  })

  test('what --env, --workdir and --user say', async () => {
    const uid = process.getuid?.() || 7
    const flags = ['--env', 'A=1=2', '--env=B=', '--workdir', '/usr', '--user', `${uid}:${uid}`]
    const { stdout } = await shell('echo "$A-$B-$(pwd)-$(id -u)-$(id -g)"', ...flags)
    expect(stdout).toBe(`1=2--/usr-${uid}-${uid}\n`)
  })

  test('programs on the PATH that it has inside', async () => {
    await project.write({ 'tools/greet': 'echo hello from a tool\n' })
    await command('chmod', ['+x', project.path('tools/greet')])
    const { stdout } = await mydocker(project, ['run', `--env=PATH=${project.path('tools')}:/usr/bin:/bin`, 'greet'])
    expect(stdout).toBe('hello from a tool\n')
  })

  test('servers of the host only at a --host-port', async () => {
    const server = createServer((socket) => socket.end('served by the host'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = String(typeof address === 'object' ? address?.port : 0)
    const client = `require('node:net').connect(${port}, '127.0.0.1').on('error', (e) => console.log(e.code)).pipe(process.stdout)`
    expect((await mydocker(project, ['run', 'node', '-e', client])).stdout).toBe('ECONNREFUSED\n')
    const { stdout } = await mydocker(project, ['run', '--host-port', port, 'node', '-e', client])
    expect(stdout).toBe('served by the host')
  })
})

describe('what the host sees', () => {
  test('no message queue', async () => {
    const before = await command('ipcs', ['-q'])
    expect((await shell('ipcmk -Q && ipcs -q | grep -c 0x')).stdout).toMatch(/^Message queue id: \d+\n1\n$/)
    expect(await command('ipcs', ['-q'])).toBe(before)
  })

  test('no write, which --diff lists', async () => {
    const script = 'echo inside >new.txt; echo inside >file.txt; rm package.json; echo >/tmp/t'
    const { stderr, exitCode } = await shell(script, '--diff')
    const at = (letter: string, name: string): string => `${letter} ${project.path(name)}`
    expect(stderr.trim().split('\n').sort()).toEqual([at('A', 'new.txt'), at('D', 'package.json'), at('M', 'file.txt')])
    expect(exitCode).toBe(0)
    expect(existsSync(project.path('new.txt'))).toBe(false)
    expect(existsSync(project.path('package.json'))).toBe(true)
    expect(readFileSync(project.path('file.txt'), 'utf8')).toBe('content\n')
  })

  test('neither its mounts nor its root', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8')
    // It is cat that says ready: there is a cat by then.
    const script = 'id -u; echo ready >/tmp/ready; cat /tmp/ready -; true'
    const running = start(project, ['run', '--', 'sh', '-c', script])
    await running.printed('0\nready')
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before)
    const inside = processTree(running.pid).filter((pid) => ['sh', 'cat'].includes(processName(pid)))
    expect(inside).toHaveLength(2)
    for (const pid of inside) {
      const uids = /^Uid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]?.split('\t')
      expect(uids).toEqual(Array(4).fill(isRoot ? '65534' : `${process.getuid?.()}`))
    }
    running.signal('SIGTERM')
    expect(await running.exitCode).toBe(143)
  })

  test('writes to a volume, unless it is read-only', async () => {
    await project.write({ 'volume/old': 'from the host\n' })
    const source = project.path('volume')
    const { stdout } = await shell('cat /var/data/old; echo inside >/var/data/new', '--volume', 'volume:/var/data')
    expect(stdout).toBe('from the host\n')
    expect(readFileSync(join(source, 'new'), 'utf8')).toBe('inside\n')
    const readOnly = await shell('cat /var/data/new; echo >/var/data/refused', '--volume', `${source}:/var/data:ro`)
    expect(readOnly.stdout).toBe('inside\n')
    expect(readOnly.stderr).toContain('Read-only file system')
    expect(existsSync(join(source, 'refused'))).toBe(false)
  })
})

describe('streams and signals', () => {
  test('standard input, output and error are the command’s', async () => {
    const { stdout, stderr } = await mydocker(project, ['run', '--', 'sh', '-c', 'tr a-z A-Z; echo problem >&2'], {
      input: 'abc'.repeat(100_000),
    })
    expect(stdout).toBe('ABC'.repeat(100_000))
    expect(stderr).toBe('problem\n')
  })

  test('SIGTERM reaches the command, which may end in its own way', async () => {
    const running = start(project, [
      'run',
      '--',
      'sh',
      '-c',
      'trap "echo bye; exit 5" TERM; echo ready; sleep 60 & wait',
    ])
    await running.printed('ready')
    running.signal('SIGTERM')
    expect(await running.exitCode).toBe(5)
    expect(running.output()).toContain('bye')
  })

  test('a second signal kills what does not listen to the first', async () => {
    const script = 'trap "echo deaf" INT; echo ready; while :; do sleep 60 & wait; done'
    const running = start(project, ['run', '--', 'sh', '-c', script])
    await running.printed('ready')
    running.signal('SIGINT')
    await running.printed('deaf')
    running.signal('SIGINT')
    expect(await running.exitCode).toBe(137)
  })

  test('what the command leaves behind is ended, and named', async () => {
    const { exitCode, stderr } = await shell('sleep 61 & sleep 62 & exit 4')
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/^mydocker: left behind, and killed: sleep 6[12] \(PID \d+\), sleep 6[12] \(PID \d+\)\n$/)
  })
})

describe('on a terminal', () => {
  test('the command has one of its own, of the same size', async () => {
    const running = startOnTerminal(project, 'tty; mydocker run -- sh -c "tty; stty size; test -t 2 && echo yes"')
    expect(await running.exitCode).toBe(0)
    expect(running.output()).toMatch(/^\/dev\/\S+\r\n\/dev\/pts\/0\r\n33 101\r\nyes\r\n$/)
  })

  test('keys go inside, Ctrl-C as a signal there, and the terminal is as before', async () => {
    const inside = 'trap "echo interrupted; exit 9" INT; echo ready; read line; echo "read $line"; sleep 60 & wait'
    const running = startOnTerminal(
      project,
      `stty -a >before; mydocker run -- sh -c '${inside}'; echo "ended $?"; stty -a >after`,
    )
    await running.printed('ready')
    running.type('some words\r')
    await running.printed('read some words')
    running.type('\x03')
    await running.printed('ended 9')
    await running.exitCode
    expect(running.output()).toContain('interrupted')
    expect(readFileSync(project.path('after'), 'utf8')).toBe(readFileSync(project.path('before'), 'utf8'))
  })

  test('a new size is passed on', async () => {
    await project.write({ 'signs/.keep': '' })
    const inside = 'trap "stty size; exit 0" WINCH; touch /var/signs/ready; while :; do sleep 0.05; done'
    const resize = 'until [ -e signs/ready ]; do sleep 0.05; done; stty rows 44 cols 122 </dev/tty'
    const running = startOnTerminal(
      project,
      `(${resize}) & mydocker run --volume signs:/var/signs -- sh -c '${inside}'`,
    )
    expect(await running.exitCode).toBe(0)
    expect(running.output()).toContain('44 122')
  })

  test('--tty gives one where there is none, --no-tty takes it away', async () => {
    const piped = await mydocker(project, ['run', '--tty', '--', 'sh', '-c', 'test -t 1 && cat'], { input: 'typed\n' })
    expect(piped.exitCode).toBe(0)
    expect(piped.stdout).toContain('typed\r\n')
    const running = startOnTerminal(project, 'mydocker run --no-tty -- sh -c "ls -l /proc/self/fd/1" | cat')
    expect(await running.exitCode).toBe(0)
    expect(running.output()).toContain('pipe:')
  })
})

describe('exit status', () => {
  test.each([
    ['the command’s own', ['sh', '-c', 'exit 3'], 3],
    ['128 + the number of the signal that ended it', ['sh', '-c', 'kill -HUP $$'], 129],
    ['127 where it does not exist', ['no-such-program'], 127],
    ['126 where it cannot be executed', ['/etc/passwd'], 126],
    ['125 where mydocker does not understand', ['--no-such-flag', 'true'], 125],
    ['125 where there is no container', ['--workdir', '/no/such/directory', 'true'], 125],
  ])('%s', async (_meaning, args, exitCode) => {
    expect((await mydocker(project, ['run', ...args])).exitCode).toBe(exitCode)
  })

  test.each([
    [['--memory', '100Mo'], "--memory: '100Mo' is not a quantity; use a number of bytes or a suffix Ki Mi Gi Ti"],
    [['--cpu', '50%'], "--cpu: '50%' is not a CPU quantity"],
    [['--volume', 'data'], "--volume: 'data' is not SOURCE:TARGET"],
    [['--env', 'NAME'], "--env: 'NAME' is not NAME=VALUE"],
    [['--user', 'root'], "--user: 'root' is not a numeric user id"],
    [['--host-port', '70000'], "--host-port: '70000' is not a port"],
    [['--network', 'vlan'], 'Allowed choices are none, host, bridge'],
    [['--memry', '1Gi'], "unknown option '--memry'"],
  ])('%j is explained', async (flags, message) => {
    const { exitCode, stdout, stderr } = await mydocker(project, ['run', ...flags, 'true'])
    expect(stderr).toMatch(/^mydocker: /)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
    expect(exitCode).toBe(125)
  })

  test('an absent program is named with what to do', async () => {
    const { stderr } = await mydocker(project, ['run', 'no-such-program'])
    expect(stderr).toContain('no-such-program')
    expect(stderr).toContain('PATH')
  })
})

describe('limits', () => {
  test('memory: a process that fills it is OOMKilled, and said to be', async (context) => {
    requireLimit(context, 'memory')
    // Bounded all the same.
    const hog = 'const a = []; for (let i = 0; i < 500; i++) a.push(Buffer.alloc(1e6, 1))'
    const { exitCode, stderr } = await mydocker(project, ['run', '--memory', '100Mi', 'node', '-e', hog])
    expect(stderr).toMatch(
      /^mydocker: OOMKilled: the command used more than its memory limit 100Mi \(peak 100Mi\)\. Largest processes: node .*\(PID 2, \d/,
    )
    expect(exitCode).toBe(137)
  })

  test('memory: stress-ng with 300 MiB does not get beyond 100', async (context) => {
    requireLimit(context, 'memory')
    const stress = [
      'stress-ng',
      '--vm',
      '1',
      '--vm-bytes',
      '300M',
      '--vm-keep',
      '--timeout',
      '10s',
      '--temp-path',
      '/tmp',
    ]
    const { exitCode, stderr } = await mydocker(project, ['run', '--memory', '100Mi', '--', ...stress])
    expect(stderr).toContain('OOMKilled: the command used more than its memory limit 100Mi (peak 100Mi)')
    expect(exitCode).toBe(137)
  })

  test('pids: a fork beyond the limit fails, inside only', async (context) => {
    requireLimit(context, 'pids')
    const forks = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 60 & done'
    const { stderr, exitCode } = await shell(forks, '--pids', '8')
    expect(exitCode).not.toBe(0)
    expect(stderr).toMatch(/fork/i)
  })

  test('ephemeral storage: what is written has room up to the limit', async () => {
    const { stdout } = await shell(
      'head -c 3M /dev/zero >/tmp/a && echo fits; head -c 8M /dev/zero >b || echo full',
      '--ephemeral-storage',
      '8Mi',
    )
    expect(stdout).toBe('fits\nfull\n')
  })
})

test('nothing is left on the host', async () => {
  const running = start(project, ['run', '--memory', '100Mi', '--', 'sh', '-c', 'echo ready; cat'])
  await running.printed('ready')
  const traces = tracesOf(running.pid)
  expect(remaining(traces).length).toBeGreaterThan(3)
  running.signal('SIGTERM')
  await running.exitCode
  expect(await untilEmpty(() => remaining(traces))).toEqual([])
})

function processName(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}
