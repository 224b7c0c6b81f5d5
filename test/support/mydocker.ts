import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { onTestFinished } from 'vitest'
import { type CommandResult, tryCommand } from './command.ts'
import type { Project } from './project.ts'

/** Our command, as npm installed it in a project, run to its end with `input` as its standard input. */
export async function mydocker(
  project: Project,
  args: readonly string[],
  { cwd = project.directory, env = {}, input = '' }: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<CommandResult> {
  return await tryCommand(project.node, [project.mydocker, ...args], { cwd, env: { ...environment(), ...env }, input })
}

/** A program that a test talks to while it runs. */
export interface Conversation {
  readonly pid: number
  /** Everything that it has printed, on both streams. */
  output(): string
  /** Resolves when that contains the text. */
  printed(text: string): Promise<void>
  type(keys: string): void
  signal(signal: NodeJS.Signals): void
  readonly exitCode: Promise<number>
}

/** Starts our command with pipes for its standard streams. */
export function start(project: Project, args: readonly string[]): Conversation {
  return converse(project, [project.node, project.mydocker, ...args])
}

/** Starts a shell script on a terminal of 33 × 101 characters (script(1)); `mydocker` in it is our command. */
export function startOnTerminal(project: Project, script: string): Conversation {
  const define = `mydocker() { "${project.node}" "${project.mydocker}" "$@"; }; stty rows 33 cols 101`
  return converse(project, ['script', '--quiet', '--return', '--command', `${define}; ${script}`, '/dev/null'])
}

function converse(project: Project, [program = '', ...args]: readonly string[]): Conversation {
  // script(1) runs its command by $SHELL.
  const env = { ...environment(), SHELL: '/bin/sh' }
  const child = spawn(program, args, { cwd: project.directory, env, stdio: ['pipe', 'pipe', 'pipe'] })
  endAfterTest(child)
  let output = ''
  const listeners = new Set<() => void>()
  const hear = (chunk: string): void => {
    output += chunk
    for (const listener of listeners) listener()
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  child.stdin.on('error', () => {})
  const exitCode = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  return {
    pid: child.pid ?? 0,
    output: () => output,
    async printed(text) {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (!output.includes(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
        void exitCode.then(() => reject(new Error(`ended without printing ${text}:\n${output}`)))
      })
    },
    type(keys) {
      child.stdin.write(keys)
    },
    signal(signal) {
      child.kill(signal)
    },
    exitCode,
  }
}

function endAfterTest(child: ChildProcess): void {
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await ended
  })
}

/** Ours without what decides about strictness and colours. */
function environment(): NodeJS.ProcessEnv {
  const { CI, NO_COLOR, FORCE_COLOR, ...rest } = process.env
  return rest
}
