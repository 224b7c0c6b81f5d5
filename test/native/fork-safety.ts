/**
 * What runs between fork or vfork and execve, or the return to JavaScript, must not allocate, lock or print (signal-safety(7)): a
 * zygote has more threads than the one that forks, and what was vforked shares the memory of its parent. GCC tells who calls whom;
 * followed from every function that forks, that must come to nothing but what is allowed, on all paths, also those that no test takes.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

/** Called in a process that was forked by a function that has returned. Those that fork themselves are found. */
const AFTER_FORK = ['start_worker']

/** Of mydocker-init, which has one thread, and their fork(2) a memory of its own: POSIX leaves them free. */
const FREE = ['launcher_main', 'run_helper', 'keep_way']

/** signal-safety(7). */
const SAFE = `_exit access chdir close dup2 fcntl fork fstat getpid getppid memcpy open send sendmsg setsid sigemptyset
  signal pthread_sigmask strchr strcmp strcspn strlen strnlen waitpid write`.split(/\s+/)

/** Each is a system call and nothing else. */
const SYSTEM_CALLS = `dup3 epoll_create1 eventfd getrlimit ioctl madvise pipe2 prctl sched_yield setns syscall unshare
  vfork`.split(/\s+/)

const SAFE_BECAUSE = {
  execvp: 'it looks along PATH on its stack (glibc 2.24; Node needs 2.28)',
  getenv: 'nobody changes the environment: PID 1 has one thread',
  __errno_location: 'it is errno',
  __indirect_call:
    "they are Node's own uv_loop_fork and RAND_poll, and glibc has renewed the locks of its malloc in fork(3)",
}

const allowed = new Set([...SAFE, ...SYSTEM_CALLS, ...Object.keys(SAFE_BECAUSE)])
const calls = callGraph('native')
const forking = [...calls].filter(([, called]) => called.has('fork') || called.has('vfork'))
const found = forking.map(([name]) => name)
const roots = [...found.filter((name) => !FREE.includes(plain(name))), ...named(AFTER_FORK)]
const reached = new Map<string, string>()
for (const root of roots) follow(root, plain(root))

const forbidden = [...reached].filter(([name]) => !calls.has(name) && !allowed.has(name))
for (const [name, way] of forbidden) console.error(`${name} must not be called by a process that was forked: ${way}`)
const unused = [...allowed].filter((name) => !reached.has(name))
if (unused.length > 0) console.error(`nobody calls what is allowed: ${unused.join(' ')}`)
console.warn(`${reached.size} functions after ${roots.map(plain).join(', ')}`)
process.exit(forbidden.length + unused.length + FREE.length - named(FREE).length > 0 ? 1 : 0)

function follow(name: string, way: string): void {
  if (reached.has(name)) return
  reached.set(name, way)
  for (const next of calls.get(name) ?? []) follow(next, `${way} → ${plain(next)}`)
}

/** Full names of functions. */
function named(names: readonly string[]): string[] {
  return names.map((name) => {
    const full = [...calls.keys()].find((each) => plain(each) === name)
    if (full === undefined) throw new Error(`there is no function ${name}`)
    return full
  })
}

/** Without the file that a static function has before its name. */
function plain(name: string): string {
  return name.replace(/^.*:/, '')
}

/** Who calls whom in the C files of a directory: a key for each function that is defined there. */
function callGraph(directory: string): Map<string, Set<string>> {
  const room = mkdtempSync('/tmp/mydocker-calls-')
  try {
    for (const source of readdirSync(directory).filter((name) => name.endsWith('.c'))) {
      // Nothing is inlined, so that every call is seen.
      const flags = ['-std=gnu11', '-O0', '-fcallgraph-info', '-c', '-o', path.join(room, `${source}.o`)]
      const { status } = spawnSync('gcc', [...flags, path.join(directory, source)], { stdio: 'inherit' })
      if (status !== 0) throw new Error(`gcc could not compile ${source}`)
    }
    const files = readdirSync(room).filter((name) => name.endsWith('.ci'))
    return parse(files.map((name) => readFileSync(path.join(room, name), 'utf8')).join('\n'))
  } finally {
    rmSync(room, { recursive: true })
  }
}

/** GCC's VCG files: an ellipse is what another file defines. */
function parse(text: string): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>()
  for (const [, name = '', rest = ''] of text.matchAll(/^node: \{ title: "([^"]*)"(.*)$/gm))
    if (!rest.includes('ellipse')) graph.set(name, new Set())
  for (const [, from = '', to = ''] of text.matchAll(/^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"/gm))
    graph.get(from)?.add(to)
  return graph
}
