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

// A request that wants an answer (NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE); what comes is NLMSG_ERROR.
const NETLINK = `
  ($protocol, $type, $template, @values) = @ARGV
  $body = pack $template, @values
  $! = 0
  socket(S, 16, 3, $protocol) && send(S, pack('LSSLL', 16 + length $body, $type, 0x405, 1, 0) . $body, 0) && recv(S, $answer, 4096, 0)
  print 0 + $! || -unpack 'x16 l', $answer`

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
    return told(stdout, error ?? stderr)
  }
  const netlink = (...words) => {
    const script = NETLINK.trim().split('\n').join(';')
    const { stdout, stderr, error } = spawnSync('/usr/bin/perl', ['-e', script, ...words.map(String)], {
      encoding: 'utf8',
    })
    return told(stdout, error ?? stderr)
  }
  const connect = (where, address = '127.0.0.1') =>
    new Promise((resolve) => {
      const socket = typeof where === 'number' ? net.connect(where, address) : net.connect(where)
      socket.on('connect', () => resolve('connected')).on('error', (error) => resolve(String(error.code)))
    })
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
    return await runInThisContext(`(${source})`)({ fs, host, call, connect, netlink, sh, descriptors, read, outcome })
  } catch (error) {
    return `threw ${error.stack}`
  }
}

/** What a script says that prints an errno, or 0. */
function told(stdout, problem) {
  if (!/^\d+$/.test(stdout)) return `perl: ${problem}`
  return stdout === '0' ? 'ok' : (NAMES.get(Number(stdout)) ?? `errno ${stdout}`)
}

if (process.argv[1] === import.meta.filename) {
  const { source, host, numbers } = JSON.parse(process.argv[2])
  process.stdout.write(await attempt(source, host, numbers))
}
