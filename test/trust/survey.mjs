// survey.mjs COMMAND: what a host says of itself, and what containers of it are like, as JSON. COMMAND is mydocker's main.js.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'

const NAMESPACES = ['user', 'pid', 'mnt', 'net', 'uts', 'ipc']
const HOG = 'head -c 268435456 /dev/zero | tail -c 268435456 >/dev/null && echo survived'
const WRITTEN = '.mydocker-survey'

const own = (file) => readFileSync(file, 'utf8')
const [, , command] = process.argv
const { CI, ...env } = process.env
const mydocker = (...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', env })
  return { exitCode: status, stdout, stderr }
}
const run = (options, script) => mydocker('run', ...options, '--', 'sh', '-c', script)

/** A limit that is asked for must hold, or be missing for a Warning. */
const asked = (...limit) => ({
  strict: run(['--strict', ...limit], 'echo ran'),
  lenient: run(['--no-strict', ...limit], 'echo ran'),
})

const namespaces = NAMESPACES.map((name) => `echo ${name} $(readlink /proc/self/ns/${name});`).join(' ')
const inside = run(
  ['--strict', '--hostname', 'surveyed'],
  `${namespaces} echo hostname $(hostname); echo uid_map $(cat /proc/self/uid_map);
   grep -E '^(Seccomp|NoNewPrivs|CapBnd):' /proc/self/status | tr -d :; echo x >./${WRITTEN}; cat ./${WRITTEN} | sed 's/^/written /'`,
)

process.stdout.write(
  JSON.stringify({
    doctor: mydocker('doctor', '--json'),
    namespaces: Object.fromEntries(NAMESPACES.map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)])),
    capabilities: /^CapBnd:\s*(\S+)/m.exec(own('/proc/self/status'))?.[1],
    inside,
    escaped: existsSync(WRITTEN),
    memory: asked('--memory', '64Mi'),
    pids: asked('--pids', '64'),
    cpu: asked('--cpu', '500m'),
    hog: run(['--no-strict', '--memory', '64Mi'], HOG),
  }),
)
