import { expect, test } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { tryCommand } from '../support/command.ts'
import { forkingModule } from '../support/forks.ts'

/** What the command of a container has when a zygote forks it (native/zygote.c): PID 1, the parent that has gone, it. */
const COMMAND_PID = 3

/** Forks a zygote that has the pid which its forks have in their containers. */
const OWNER = `
  import { writeFileSync } from 'node:fs'
  import { json } from 'node:stream/consumers'
  import { openEngine } from '${packageDirectory}/dist/runtime/index.js'
  import { Zygote } from '${packageDirectory}/dist/runtime/zygote.js'
  const engine = await openEngine({ strict: false, onEvent() {} })
  writeFileSync('/proc/sys/kernel/ns_last_pid', '${COMMAND_PID - 1}')
  const zygote = new Zygote({ module: 'file://' + process.argv[1], execArgv: [], env: { PATH: process.env.PATH }, workingDir: '/' })
  await zygote.serving
  const forks = []
  for (const name of ['a', 'b']) {
    const { container, start } = await engine.prepare({
      name, hostname: name, command: 'forked', env: {}, workingDir: '/', user: { uid: 0, gid: 0 }, ephemeralStorage: 1 << 20,
      volumes: [], visible: ['${packageDirectory}'], network: 'none', hostPorts: [], limits: {}, stdio: 'pipe', channel: true,
    }, zygote)
    const answer = json(container.channel)
    await start(name)
    container.channel.write('\\n')
    forks.push(await answer)
    await container.remove()
  }
  console.log(JSON.stringify({ zygote: zygote.pid, forks }))
  zygote.close()
  await engine.close()
`

test('forks have random values of their own although their pid is that of the zygote', async () => {
  const module = forkingModule({
    once: `const c = require('node:crypto'); c.randomBytes(9); c.generateKeyPairSync('ed25519')`,
    each: `const c = require('node:crypto')
           return { pid, bytes: c.randomBytes(16).toString('hex'), key: c.generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x }`,
  })
  // `true` takes the pids that are to be free: OpenSSL notices a fork by a change of the pid only.
  const script = `/bin/true; /bin/true; /bin/true; "$@"; exit`
  const node = [process.execPath, '--input-type=module', '-e', OWNER, module]
  const run = await tryCommand('unshare', ['--pid', '--fork', '--mount-proc', 'sh', '-c', script, 'sh', ...node])
  expect(run.exitCode, run.stderr).toBe(0)
  const { zygote, forks } = JSON.parse(run.stdout)
  expect([zygote, forks[0].pid, forks[1].pid]).toEqual([COMMAND_PID, COMMAND_PID, COMMAND_PID])
  expect(forks[0].bytes).not.toBe(forks[1].bytes)
  expect(forks[0].key).not.toBe(forks[1].key)
})
