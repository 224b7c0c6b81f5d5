import { execFile } from 'node:child_process'
import process from 'node:process'

export interface CommandOptions {
  readonly cwd?: string | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly input?: string | undefined
}

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. @throws Error with everything it printed when it fails. */
export async function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await tryCommand(program, args, options)
  if (result.exitCode !== 0) {
    throw new Error(`${program} ${args.join(' ')}: exit status ${result.exitCode}\n${result.stdout}${result.stderr}`)
  }
  return result.stdout
}

/** Runs a program to its end, whatever that is; 128 + signal number does not occur: a signal is -1. */
export async function tryCommand(
  program: string,
  args: readonly string[],
  { cwd, env, input }: CommandOptions = {},
): Promise<CommandResult> {
  return await new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { cwd, env: env ?? process.env, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' },
      (error, stdout, stderr) => {
        if (error === null) resolve({ exitCode: 0, stdout, stderr })
        else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr })
        else if (error.signal) resolve({ exitCode: -1, stdout, stderr })
        else reject(error)
      },
    )
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
