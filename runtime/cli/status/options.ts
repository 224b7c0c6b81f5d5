import { type Command, Option } from 'commander'
import { FORMATS, type OutputOptions } from './formats.ts'
import type { RunChoice } from './locate.ts'

/** What the flags of `mydocker get` say; the other commands have some of them. */
export interface ShowOptions extends RunChoice, OutputOptions {
  readonly fieldSelector?: string | undefined
  readonly sortBy?: string | undefined
  readonly watch?: true | undefined
}

export interface EventsOptions extends ShowOptions {
  readonly for?: string | undefined
  readonly types?: string | undefined
}

type Action<Options> = (words: readonly string[], options: Options) => Promise<void>

const WORDS = '[words...]'

export function defineGet(command: Command, action: Action<ShowOptions>): void {
  command
    .description('List pods (po), runs, events (ev) or nodes (no) of the last run, or of the one that goes on.')
    .usage('[options] pods|runs|events|nodes [POD|FILE...]')
    .argument(WORDS, 'a kind, and names of pods or test files; TYPE/NAME too')
  output(selection(runChoice(command)))
    .option('-w, --watch', 'go on until the run has ended, and print what changes')
    .action(action)
}

export function defineDescribe(command: Command, action: Action<RunChoice>): void {
  command
    .description('Tell everything that is known of a pod: attempts, limits, conditions, what it left behind, events.')
    .usage('[options] POD|FILE...')
    .argument(WORDS, 'names of pods or test files')
  runChoice(command).action(action)
}

export function defineEvents(command: Command, action: (options: EventsOptions) => Promise<void>): void {
  command
    .description('List what happened to pods and their node, the last at the end.')
    .option('--for <pod>', 'only those of a pod, by its name or file')
    .addOption(new Option('--types <type>', 'only events of a type').choices(['Normal', 'Warning']))
  output(runChoice(command)).option('-w, --watch', 'go on until the run has ended').action(action)
}

export function defineTop(command: Command, action: Action<ShowOptions>): void {
  command
    .description('List the most memory and the CPU time that pods have used.')
    .usage('[options] pods [POD|FILE...]')
    .argument(WORDS, '`pods`, and names of pods or test files')
  runChoice(command)
    .addOption(
      new Option('--sort-by <what>', 'what is used most first').choices(['cpu', 'memory', 'name']).default('memory'),
    )
    .option('--no-headers', 'without the line of headings')
    .action(action)
}

function runChoice(command: Command): Command {
  return command
    .option('--run <id>', 'of `get runs` (default: the newest)')
    .option('--cache-dir <directory>', 'Vitest’s cache directory (default: node_modules/.vite/vitest of this package)')
}

function output(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'instead of a table').choices(FORMATS))
    .option('--no-headers', 'without the line of headings')
}

function selection(command: Command): Command {
  return command
    .option('--field-selector <selector>', 'such as status.phase=Failed,spec.restartPolicy!=Never')
    .option('--sort-by <what>', 'name, memory, cpu, duration, pending or restarts')
}
