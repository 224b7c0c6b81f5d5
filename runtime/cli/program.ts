import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, CommanderError } from 'commander'
import { MydockerError } from '../errors.ts'
import { packageDirectory } from '../package.ts'
import { defineDoctor } from './doctor-options.ts'
import { defineRun } from './run-options.ts'
import { say } from './say.ts'
import { defineDescribe, defineEvents, defineGet, defineTop } from './status/options.ts'

/** The `mydocker` command with all that a container engine can do. What a subcommand needs is imported when it is called: the start of a container is waited for. */
export function createProgram(): Command {
  const program = new Command('mydocker')
    .description(
      'Runs commands in throw-away Linux containers over a copy-on-write view of this host, and shows those of test files.',
    )
    .version(version())
    .enablePositionalOptions()
  defineRun(program.command('run'), async (options, command) => {
    const { run } = await import('./run.ts')
    process.exitCode = await run(options, command)
  })
  defineDoctor(program.command('doctor'), async (options) => {
    const { showDoctor } = await import('./doctor.ts')
    process.exitCode = await showDoctor(options)
  })
  defineGet(program.command('get'), async (words, options) => {
    const { get } = await import('./status/commands.ts')
    process.exitCode = await get(words, options)
  })
  defineDescribe(program.command('describe'), async (words, options) => {
    const { describe } = await import('./status/commands.ts')
    process.exitCode = await describe(words, options)
  })
  defineEvents(program.command('events'), async (options) => {
    const { events } = await import('./status/commands.ts')
    process.exitCode = await events(options)
  })
  defineTop(program.command('top'), async (words, options) => {
    const { top } = await import('./status/commands.ts')
    process.exitCode = await top(words, options)
  })
  return program
}

/** Does what the command line says, and sets the exit status. */
export async function runProgram(program: Command): Promise<void> {
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ outputError: (text) => say(`mydocker: ${text.replace(/^error: /, '')}`) })
  try {
    await program.parseAsync()
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** Exit statuses of our own, as of `docker run`: what keeps a command from running must not look like its result. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 125
  if (!(error instanceof MydockerError)) throw error
  say(`${error.message}\n`)
  // Nothing is run there, so it is kubectl's.
  if (error.stage === 'status') return 1
  if (error.stage !== 'command') return 125
  return error.errno === 'ENOENT' ? 127 : 126
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageDirectory, 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}
