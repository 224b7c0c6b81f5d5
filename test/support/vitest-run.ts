import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { type JsonReport, parseJsonReport } from './json-report.ts'
import type { Project } from './project.ts'
import { testStart } from './start.ts'

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Give it a terminal, so that `type` reaches it as keys: `\x03` is Ctrl-C. Its stderr is part of stdout then. */
  readonly terminal?: boolean | undefined
  /** With MYDOCKER_TEST_START=zygote: whether files may be started cold nevertheless. A run in which they were not meant to proves nothing. */
  readonly mayStartCold?: boolean | undefined
}

/** A Vitest (or mydocker) that has ended. */
export interface Run {
  /** Exit status; 128 + signal number does not occur: see `signal`. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** Both, in the order in which they came, without colours. */
  readonly output: string
}

/** A Vitest that runs, in a session of its own, so that signals reach the group that a terminal would send them to. */
export interface Running {
  readonly pid: number
  /** Everything printed so far, without colours. */
  output(): string
  /** Resolves at the first output that matches behind `from` (a length of `output()`), with that output. */
  printed(pattern: RegExp, from?: number): Promise<string>
  /** Forgets what has been printed: one that runs for long prints much. Not for who holds a length of `output()`. */
  forget(): void
  type(keys: string): void
  /** A signal to the process alone, or to its whole process group, as Ctrl-C in a terminal sends it. */
  signal(signal: NodeJS.Signals, to: 'process' | 'group'): void
  readonly ended: Promise<Run>
}

/** Vitest with its default reporter and, for the test to read, its JSON reporter. */
export async function vitestRun(
  project: Project,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Run & { report: JsonReport }> {
  const file = join(dirname(project.directory), 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const run = await vitest(project, ['run', ...reporters, ...args], options).ended
  const report = await readFile(file, 'utf8').catch(() => {
    throw new Error(`Vitest wrote no report:\n${run.output}`)
  })
  return { ...run, report: parseJsonReport(report) }
}

/** Starts Vitest's own command. */
export function vitest(project: Project, args: readonly string[], options: RunOptions = {}): Running {
  return start(project, project.node, [project.vitest, ...args], options)
}

/** Our command. */
export function mydockerRunning(project: Project, args: readonly string[], options: RunOptions = {}): Running {
  return start(project, project.node, [project.mydocker, ...args], options)
}

/** Our command, run to its end. */
export async function mydocker(project: Project, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return await mydockerRunning(project, args, options).ended
}

const running = new Set<ChildProcess>()

function start(
  project: Project,
  program: string,
  args: readonly string[],
  { env, terminal = false, mayStartCold = testStart !== 'zygote' }: RunOptions,
): Running {
  const [file, ...rest] = terminal ? inTerminal([program, ...args]) : [program, ...args]
  const child = spawn(file, rest, {
    cwd: project.directory,
    env: { ...environment(project), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child)
  let stdout = ''
  let stderr = ''
  let both = ''
  const listeners = new Set<() => void>()
  child.stdin.on('error', () => {})
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    hear(chunk)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
    hear(chunk)
  })
  function hear(chunk: string): void {
    both += chunk
    for (const listener of listeners) listener()
  }
  const output = () => stripVTControlCharacters(both)
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject)
    // `close`, not `exit`: whoever still holds our pipes belongs to the run too.
    child.once('close', (exitCode, signal) => {
      running.delete(child)
      if (!mayStartCold && output().includes('ZygoteUnavailable')) reject(new Error(`No zygote:\n${output()}`))
      resolve({ exitCode, signal, stdout, stderr, output: output() })
      for (const listener of listeners) listener()
    })
  })
  return {
    pid: child.pid ?? 0,
    output,
    async printed(pattern, from = 0) {
      return await new Promise<string>((resolve, reject) => {
        const look = () => {
          const text = output().slice(from)
          if (pattern.test(text)) resolve(text)
          else if (!running.has(child)) reject(new Error(`ended without printing ${pattern}:\n${text}`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      })
    },
    forget() {
      stdout = stderr = both = ''
    },
    type(keys) {
      child.stdin.write(keys)
    },
    signal(signal, to) {
      if (child.pid !== undefined) process.kill(to === 'group' ? -child.pid : child.pid, signal)
    },
    ended,
  }
}

/** util-linux's script(1) makes the terminal, and passes on what it reads and the exit status. */
function inTerminal(words: readonly string[]): [string, ...string[]] {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  return ['script', '--quiet', '--return', '--flush', '--command', quoted, '/dev/null']
}

/** Ends whatever a failed test left running. */
export async function stopRunning(): Promise<void> {
  for (const child of running) {
    const closed = new Promise((resolve) => child.once('close', resolve))
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await closed
  }
}

/** The environment of a terminal, without what the Vitest around these tests added to it. */
function environment(project: Project): NodeJS.ProcessEnv {
  const { PATH, LANG, TMPDIR, USER, LOGNAME } = process.env
  return {
    PATH: `${dirname(project.node)}:${PATH}`,
    HOME: project.home,
    NO_COLOR: '1',
    ...(LANG === undefined ? {} : { LANG }),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    ...(USER === undefined ? {} : { USER }),
    ...(LOGNAME === undefined ? {} : { LOGNAME }),
  }
}
