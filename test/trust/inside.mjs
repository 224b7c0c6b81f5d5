// Loaded inside a container: makes one attempt (attack.ts) and tells what came of it.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as net from 'node:net'
import { constants } from 'node:os'
import { runInThisContext } from 'node:vm'

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))

// Perl is on every Debian, and makes any call: bytes (in hexadecimal digits) by their address, all else as numbers.
const CALL =
  '@a = map { /^h(.*)/ ? pack("H*", $1) : 0 + $_ } @ARGV; $n = shift @a; $! = 0; print syscall($n, @a) < 0 ? 0 + $! : 0'

/**
 * @param {string} source of the attempt's function
 * @param {object} facts of the host
 * @param {Record<string, number>} numbers of system calls
 */
export async function attempt(source, host, numbers) {
  const call = (name, ...args) => {
    const words = [numbers[name], ...args].map((each) =>
      typeof each === 'string' ? `h${Buffer.from(`${each}\0`, 'latin1').toString('hex')}` : `${each}`,
    )
    const { stdout, stderr, error } = spawnSync('/usr/bin/perl', ['-e', CALL, ...words], { encoding: 'utf8' })
    if (error !== undefined || !/^\d+$/.test(stdout)) return `perl: ${error ?? stderr}`
    return stdout === '0' ? 'ok' : (NAMES.get(Number(stdout)) ?? `errno ${stdout}`)
  }
  const sh = (script) => spawnSync('/bin/sh', ['-c', `{ ${script}\n} 2>&1`], { encoding: 'utf8' }).stdout.trim()
  const outcome = (action) => {
    try {
      action()
      return 'ok'
    } catch (error) {
      return error.code ?? error.message
    }
  }
  const read = (from) =>
    outcome(() => {
      if (from().length === 0) throw new Error('empty')
    })
  const descriptors = () =>
    fs.readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [{ fd: Number(fd), target: fs.readlinkSync(`/proc/self/fd/${fd}`) }]
      } catch {
        // That of the listing itself.
        return []
      }
    })
  try {
    return await runInThisContext(`(${source})`)({ fs, net, host, call, sh, descriptors, read, outcome })
  } catch (error) {
    return `threw ${error.stack}`
  }
}

if (process.argv[1] === import.meta.filename) {
  const { source, host, numbers } = JSON.parse(process.argv[2])
  process.stdout.write(await attempt(source, host, numbers))
}
