import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'
import { expect, test } from 'vitest'
import { firstLine, openForTest, shell, specOf } from '../support/container.ts'
import { isRoot } from '../support/host.ts'

const NAMESPACES = ['user', 'pid', 'mnt', 'net', 'uts', 'ipc'] as const

test('every namespace differs from the host’s and between two containers', async () => {
  const { engine } = await openForTest()
  // Both alive at once: the number of a namespace that has ended may be used again.
  const command = ['/bin/sh', '-c', `cd /proc/self/ns; echo $(readlink ${NAMESPACES.join(' ')}); sleep 1000`] as const
  await using one = await engine.create(specOf(command))
  await using two = await engine.create(specOf(command))
  const lists = [await firstLine(one), await firstLine(two)]
  const host = NAMESPACES.map((name) => readlinkSync(`/proc/self/ns/${name}`))
  const all = [...host, ...lists.flatMap((line) => line.split(' '))]
  expect(all).toHaveLength(3 * NAMESPACES.length)
  expect(new Set(all).size).toBe(all.length)
})

test('the command sees only its own processes, below mydocker-init as PID 1', async () => {
  const { engine } = await openForTest()
  const { output } = await shell(engine, 'cat /proc/1/comm; echo $$; cd /proc; printf "%s\\n" [0-9]*')
  expect(output).toBe('mydocker-init\n2\n1\n2\n')
})

test('it has its host name, its own user and root of its cgroups', async () => {
  const { engine } = await openForTest()
  const { output } = await shell(
    engine,
    'cat /proc/sys/kernel/hostname; id -u; cut -d: -f3 /proc/self/cgroup | sort -u',
  )
  expect(output).toBe(`box\n${process.getuid?.()}\n/\n`)
})

test('root inside is nobody outside', async () => {
  const { engine, events } = await openForTest()
  // Real root is itself outside where the root file system cannot be idmapped, and a Warning says so.
  const nobody = events.some(({ reason }) => reason === 'IdmapUnavailable') ? '0' : '65534'
  const expected = isRoot ? nobody : `${process.getuid?.()}`
  const script = 'cat /proc/self/uid_map; echo; sleep 1000'
  await using container = await engine.create(specOf(['/bin/sh', '-c', script], { user: { uid: 0, gid: 0 } }))
  expect((await firstLine(container)).trim().split(/\s+/).slice(0, 2)).toEqual(['0', expected])
  const outside = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${container.initPid}/status`, 'utf8'))?.[1]
  expect(outside).toBe(expected)
})

test('no capability beyond Docker’s default set, none at all for an ordinary user, and no new privileges', async () => {
  const { engine } = await openForTest()
  const { output } = await shell(engine, 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status')
  const set = isRoot ? '00000000a80425fb' : '0000000000000000'
  expect(output).toContain(`CapPrm:\t${set}`)
  expect(output).toContain(`CapEff:\t${set}`)
  expect(output).toContain(`CapBnd:\t${set}`)
  expect(output).toContain('CapInh:\t0000000000000000')
  expect(output).toContain('CapAmb:\t0000000000000000')
  expect(output).toContain('NoNewPrivs:\t1')
})

// Other ids need root, or ranges in /etc/subuid.
test.runIf(isRoot)('a user other than root inside has no capabilities', async () => {
  const { engine } = await openForTest()
  const { output } = await shell(engine, 'id -u; id -g; grep -E "^Cap(Prm|Eff|Bnd)" /proc/self/status', {
    user: { uid: 1234, gid: 2345 },
  })
  expect(output.replaceAll(/\s+/g, ' ')).toBe(
    '1234 2345 CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: 0000000000000000 ',
  )
})

test('the only network device is the loopback, and two containers may listen on the same port', async () => {
  const { engine } = await openForTest()
  const script = `
    const server = require('net').createServer().listen(3000, '127.0.0.1', () => {
      console.log(Object.keys(require('os').networkInterfaces()).join())
    })
    process.on('SIGTERM', () => process.exit(0))`
  const command = [process.execPath, '-e', script] as const
  await using one = await engine.create(specOf(command))
  await using two = await engine.create(specOf(command))
  expect(await firstLine(one)).toBe('lo')
  expect(await firstLine(two)).toBe('lo')
  one.signal('SIGTERM')
  expect(await one.ended).toMatchObject({ reason: 'Completed', exitCode: 0, leftBehind: [] })
})

test('no descriptor is inherited but the standard ones', async () => {
  const { engine } = await openForTest()
  const { output } = await shell(engine, 'ls /proc/$$/fd; true')
  expect(output).toBe('0\n1\n2\n')
})

test('PID 1 is out of reach, masked files are empty, read-only ones stay so', async () => {
  const { engine } = await openForTest()
  const { output } = await shell(
    engine,
    `for f in root exe cwd fd/4; do readlink /proc/1/$f && echo open; done; cat /proc/1/mem /proc/1/environ 2>/dev/null && echo open
     cat /proc/keys; ls /sys/firmware
     (echo 1 > /proc/sys/kernel/sysrq) 2>/dev/null && echo written
     (echo b > /proc/sysrq-trigger) 2>/dev/null && echo written
     (mkdir /sys/fs/cgroup/x) 2>/dev/null && echo made
     umount /proc/keys 2>/dev/null && echo unmounted
     mount -o remount,rw /sys 2>/dev/null && echo remounted
     unshare -m true 2>/dev/null && ! grep -q 'CapEff:.*0000000000000000' /proc/self/status && echo mountable
     echo end`,
  )
  expect(output).toBe('end\n')
})

test('a process left behind is killed and named', async () => {
  const { engine } = await openForTest()
  const { status } = await shell(engine, 'sleep 31536000 & until grep -q ^sleep /proc/$!/comm; do :; done; exit 3')
  expect(status).toMatchObject({ reason: 'Error', exitCode: 3, leftBehind: [{ command: 'sleep 31536000' }] })
})

test('the end of the command is told: exit code, signal', async () => {
  const { engine } = await openForTest()
  expect((await shell(engine, 'exit 7')).status).toMatchObject({ reason: 'Error', exitCode: 7 })
  expect((await shell(engine, 'kill -ABRT $$')).status).toMatchObject({ exitCode: 134, signal: 'SIGABRT' })
  expect((await shell(engine, 'kill -9 $$')).status).toMatchObject({
    exitCode: 137,
    signal: 'SIGKILL',
    reason: 'Error',
  })
})

test('many containers leave no descriptor and no process behind', async () => {
  const { engine } = await openForTest()
  const descriptors = (): number => readdirSync('/proc/self/fd').length
  await shell(engine, 'true')
  const before = descriptors()
  for (let i = 0; i < 20; i++) await shell(engine, 'sleep 1000 & exit 0')
  expect(descriptors()).toBeLessThanOrEqual(before)
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
  const names = children.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim())
  expect(names.sort()).toEqual(['mydocker-janito', 'mydocker-launch'])
})
