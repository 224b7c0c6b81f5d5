import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const daemon = fileURLToPath(new URL('daemon.mjs', import.meta.url))
const address = 'http://localhost:3000/'

/** Opens a shop the way much software does: a file in the home directory, a lock in /tmp, a daemon on a fixed port. */
export async function openShop(name: string): Promise<void> {
  const config = join(homedir(), '.config', 'shop.json')
  mkdirSync(join(homedir(), '.config'), { recursive: true })
  writeFileSync(config, JSON.stringify({ name }))
  writeFileSync(join(tmpdir(), 'shop.lock'), String(process.pid), { flag: 'wx' })
  spawn(process.execPath, [daemon, config], { detached: true, stdio: 'ignore' }).unref()
  while (!(await isOpen())) await setTimeout(20)
}

export async function visitShop(): Promise<string> {
  return await (await fetch(address)).text()
}

async function isOpen(): Promise<boolean> {
  return await fetch(address).then(
    () => true,
    () => false,
  )
}
