// survey.mjs COMMAND: what a host says of itself, and what containers of it are like, as JSON. COMMAND is mydocker's main.js.
import { spawnSync } from 'node:child_process'
import { existsSync, readlinkSync } from 'node:fs'
import process from 'node:process'

const NAMESPACES = ['user', 'pid', 'mnt', 'net', 'uts', 'ipc']
const LIMITS = { memory: '64Mi', pids: '64', cpu: '500m' }
const HOG = 'echo ran; head -c 268435456 /dev/zero | tail -c 268435456 >/dev/null && echo survived'
const WRITTEN = '.mydocker-survey'

const [, , command] = process.argv
const { CI, ...env } = process.env
const mydocker = (...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', env })
  return { exitCode: status, stdout, stderr }
}
const run = (options, script) => mydocker('run', ...options, '--', 'sh', '-c', script)
const flag = (name) => [`--${name}`, LIMITS[name]]

const namespaces = NAMESPACES.map((name) => `echo ${name} $(readlink /proc/self/ns/${name});`).join(' ')
const look = `${namespaces} echo hostname $(hostname); echo uid_map $(cat /proc/self/uid_map)
  grep -E '^(Seccomp|NoNewPrivs|CapBnd):' /proc/self/status | tr -d :
  echo x >./${WRITTEN}; cat ./${WRITTEN} | sed 's/^/written /'`

process.stdout.write(
  JSON.stringify({
    doctor: mydocker('doctor', '--json'),
    namespaces: Object.fromEntries(NAMESPACES.map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)])),
    inside: run(['--strict', '--hostname', 'surveyed'], look),
    escaped: existsSync(WRITTEN),
    strict: Object.fromEntries(Object.keys(LIMITS).map((name) => [name, run(['--strict', ...flag(name)], 'echo ran')])),
    lenient: run(['--no-strict', ...Object.keys(LIMITS).flatMap(flag)], HOG),
  }),
)
