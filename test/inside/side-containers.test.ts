import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import type { Container } from '../../runtime/container.ts'
import type { Engine } from '../../runtime/engine.ts'
import type { ContainerSpec } from '../../runtime/spec.ts'
import { requireCapability } from '../support/capability.ts'
import { missingMemoryLimit } from '../support/cgroups.ts'
import { finish, firstLine, openForTest, shell, specOf, temporaryDirectory } from '../support/container.ts'
import { isRoot } from '../support/host.ts'

const SHARED = ['user', 'ipc', 'net'] as const
const OWN = ['pid', 'mnt', 'uts', 'cgroup'] as const
const TELL = `cd /proc/self/ns; echo $(readlink ${[...SHARED, ...OWN].join(' ')})`
const LOCAL = [{ family: 'IPv4', address: '127.0.0.1' }] as const
const TIMEOUT = 10_000

function sh(script: string): readonly [string, ...string[]] {
  return ['/bin/sh', '-c', script]
}

/** Sleeps; tells its namespaces first. */
function openPod(engine: Engine, more: Partial<ContainerSpec> = {}): Promise<Container> {
  return engine.create(specOf(sh(`${TELL}; exec sleep 1000`), { share: true, ...more }))
}

/** Runs a script in a side container of a pod to its end. */
async function beside(engine: Engine, pod: Container, script: string, more: Partial<ContainerSpec> = {}) {
  await using side = await engine.create(specOf(sh(script), more), pod)
  return await finish(side)
}

test('a side container shares user, IPC and network namespaces with its pod and nothing else', async () => {
  const { engine } = await openForTest()
  await using pod = await openPod(engine)
  const inPod = (await firstLine(pod)).split(' ')
  const { output, status } = await beside(engine, pod, TELL)
  const inSide = output.trim().split(' ')
  expect(status).toMatchObject({ reason: 'Completed', exitCode: 0 })
  expect(inSide).toHaveLength(SHARED.length + OWN.length)
  expect(inSide.slice(0, SHARED.length)).toEqual(inPod.slice(0, SHARED.length))
  for (const [index, kind] of OWN.entries())
    expect(inSide[SHARED.length + index], kind).not.toBe(inPod[SHARED.length + index])
})

test('it has its own processes, files and host name, the same user, and no privilege more', async () => {
  const { engine } = await openForTest()
  await using pod = await engine.create(
    specOf(sh('echo secret > /tmp/of-the-pod; echo up; exec sleep 1000'), { share: true }),
  )
  await firstLine(pod)
  const script = `cat /proc/sys/kernel/hostname /proc/1/comm; id -u; cd /proc; echo [0-9]*; ls /tmp
    for f in root exe cwd fd/4; do readlink /proc/1/$f && echo open; done
    grep -E "^(NoNewPrivs|CapBnd)" /proc/self/status; cut -d: -f3 /proc/self/cgroup | sort -u; ls -l /proc/self/fd | grep -c ns`
  const { output } = await beside(engine, pod, script, { hostname: 'side' })
  const alone = await shell(engine, script, { hostname: 'side' })
  expect(output).toBe(alone.output)
  expect(output).toMatch(/^side\nmydocker-init\n\d+\n1 2/)
})

test('pod and side container reach each other’s servers on the loopback', async () => {
  const { engine } = await openForTest()
  await using pod = await openPod(engine)
  const serve = `require('net').createServer((socket) => socket.end('from the side')).listen(5432, '127.0.0.1', () => console.log('up'))`
  await using side = await engine.create(specOf([process.execPath, '-e', serve]), pod)
  await firstLine(side)
  const ask = `require('net').connect(5432, '127.0.0.1').pipe(process.stdout)`
  expect((await pod.exec([process.execPath, '-e', ask], TIMEOUT)).output).toBe('from the side')
  const socket = await pod.connect({ port: 5432, addresses: LOCAL }, TIMEOUT)
  expect(await text(socket)).toBe('from the side')
  // A pod of its own has nobody there.
  await using other = await openPod(engine)
  await expect(other.connect({ port: 5432, addresses: LOCAL }, TIMEOUT)).rejects.toMatchObject({
    stage: 'connect',
    errno: 'ECONNREFUSED',
  })
})

test('it outlives its pod, and goes when it is removed', async () => {
  const { engine } = await openForTest()
  const pod = await openPod(engine)
  await using side = await engine.create(specOf(sh('echo up; exec sleep 1000'), { share: true }), pod)
  await firstLine(side)
  await pod.remove()
  expect(await side.exec(['true'], TIMEOUT)).toMatchObject({ exitCode: 0 })
  await expect(engine.create(specOf(sh('true')), pod)).rejects.toThrow('has been removed')
})

test('a side container that needs too much memory is killed alone', async (context) => {
  requireCapability(context, await missingMemoryLimit())
  const { engine } = await openForTest()
  await using pod = await openPod(engine, { limits: { memory: 64 << 20 } })
  await using side = await engine.create(specOf(['tail', '/dev/zero'], { limits: { memory: 8 << 20 } }), pod)
  expect(await side.ended).toMatchObject({ reason: 'OOMKilled' })
  expect(pod.oomKilled()).toBe(false)
  expect(await pod.exec(['true'], TIMEOUT)).toMatchObject({ exitCode: 0 })
})

test('a command that is executed inside is as the container’s own, and ends with its time', async () => {
  const { engine } = await openForTest()
  const status =
    'id -u; id -G; pwd; echo $HOME; echo $(readlink /proc/self/ns/*); grep -E "^(Cap|NoNewPrivs|Seccomp)" /proc/self/status; cut -d: -f3 /proc/self/cgroup | sort -u; ls /proc/$$/fd'
  await using pod = await engine.create(
    specOf(sh(`${status}; echo end; exec sleep 1000`), { share: true, workingDir: '/usr' }),
  )
  let own = ''
  for await (const chunk of pod.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    own += String(chunk)
    if (own.endsWith('end\n')) break
  }
  const executed = await pod.exec(sh(`${status}; echo end; exit 3`), TIMEOUT)
  // Its cgroup namespace is another one with the same root.
  const withoutCgroup = (output: string): string => output.replace(/cgroup:\[\d+\] /, '')
  expect(withoutCgroup(executed.output)).toBe(withoutCgroup(own))
  expect(executed.exitCode).toBe(3)
  await expect(pod.exec(['sleep', '31536000'], 50)).rejects.toMatchObject({ stage: 'exec' })
  await expect(pod.exec(['no-such-program'], TIMEOUT)).rejects.toMatchObject({ stage: 'command', errno: 'ENOENT' })
  expect((await pod.exec(sh('ps -e -o args= | grep -c "^[s]leep 31536000"; true'), TIMEOUT)).output).toBe('0\n')
})

test('its processes cannot be seen in the files of a command that is put into it', async () => {
  const { engine } = await openForTest()
  await using pod = await engine.create(
    specOf(
      sh(
        'while :; do for p in /proc/[0-9]*; do readlink $p/exe; done; done 2>/dev/null | grep --line-buffered mydocker',
      ),
      { share: true },
    ),
  )
  for (let i = 0; i < 20; i++) await pod.exec(['true'], TIMEOUT)
  pod.kill()
  expect((await finish(pod)).output).toBe('')
})

test('side containers and visits leave no descriptor behind', async () => {
  const { engine } = await openForTest()
  const descriptors = (): number => readdirSync('/proc/self/fd').length
  const visits = async (): Promise<void> => {
    await using pod = await openPod(engine)
    await beside(engine, pod, 'true', { share: true })
    await pod.exec(['true'], TIMEOUT)
    await expect(pod.exec(['sleep', '1000'], 20)).rejects.toThrow()
    await expect(pod.connect({ port: 1, addresses: LOCAL }, TIMEOUT)).rejects.toThrow()
  }
  await visits()
  const before = descriptors()
  for (let i = 0; i < 5; i++) await visits()
  // They are closed when their sockets are, which may be a turn later.
  await vi.waitUntil(() => descriptors() <= before, { timeout: TIMEOUT })
})

test('a layer is seen with its owners and is not written to', async () => {
  const { engine } = await openForTest()
  const hostPath = `${temporaryDirectory()}/layer`
  mkdirSync(hostPath)
  writeFileSync(`${hostPath}/file`, 'lower')
  const layers = [{ mountPath: '/var/tmp/layered', hostPath }]
  const { output, status } = await shell(
    engine,
    'cd /var/tmp/layered && stat -c %u . file && echo upper > file && cat file',
    { layers },
  )
  expect(status.exitCode).toBe(0)
  expect(output).toBe(`${process.getuid?.()}\n${process.getuid?.()}\nupper\n`)
  expect(readFileSync(`${hostPath}/file`, 'utf8')).toBe('lower')
})

// Other ids need root, or ranges in /etc/subuid.
test.runIf(isRoot)('a side container may run as another user of the pod’s', async () => {
  const { engine } = await openForTest()
  await using pod = await openPod(engine)
  const { output } = await beside(engine, pod, 'id -u; grep CapEff /proc/self/status', {
    user: { uid: 65534, gid: 65534 },
  })
  expect(output).toBe('65534\nCapEff:\t0000000000000000\n')
})

test('with the network of the host there is none to share', async () => {
  const { engine } = await openForTest()
  const host = shell(engine, 'readlink /proc/self/ns/net', { network: 'host' })
  await using pod = await openPod(engine, { network: 'host' })
  const { output } = await beside(engine, pod, 'readlink /proc/self/ns/net', { network: 'host' })
  expect(output).toBe((await host).output)
  const server = (await import('node:net')).createServer((socket) => socket.end('host')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const socket = await pod.connect({ port, addresses: LOCAL }, TIMEOUT)
  expect(await text(socket)).toBe('host')
  server.close()
})
