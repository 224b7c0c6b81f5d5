import { type Command, Option } from 'commander'
import { formatBytes, parseCount, parseCpu, parseMemory } from '../quantity.ts'
import type { ContainerSpec, VolumeMount } from '../spec.ts'
import type { Bytes, Millicores } from '../units.ts'
import { parseHostname, parsePort, parseUser, parseVariable, parseVolume } from './values.ts'

/** What the flags of `mydocker run` say. */
export interface RunOptions {
  readonly memory?: Bytes | undefined
  readonly cpu?: Millicores | undefined
  readonly pids?: number | undefined
  readonly ephemeralStorage: Bytes
  readonly hostname: string
  readonly network: ContainerSpec['network']
  readonly hostPort: readonly number[]
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly workdir?: string | undefined
  readonly user: ContainerSpec['user']
  readonly volume: readonly VolumeMount[]
  readonly securityOpt?: 'seccomp=unconfined' | undefined
  readonly strict: boolean
  /** Absent: where both ends are terminals. */
  readonly tty?: boolean | undefined
  readonly diff?: true
}

type Action = (options: RunOptions, command: readonly [string, ...string[]]) => Promise<void>

/** The pool's default: memory is used only as files are written. */
const DEFAULT_EPHEMERAL_STORAGE: Bytes = 2 * 2 ** 30

/** @throws MydockerError stage `options` while the command line is parsed: a flag's value is not one */
export function defineRun(command: Command, action: Action): void {
  command
    .description(
      'Run a command in a container: what it writes is discarded, what it starts ends with it, and it sees no network.',
    )
    .usage('[options] [--] COMMAND [ARGUMENT...]')
    .argument('<command...>', 'program, looked up on PATH inside, and its arguments')
    .passThroughOptions()
    .option(
      '--memory <quantity>',
      'memory limit such as 100Mi; exceeding it is an OOM kill',
      quantity('--memory', parseMemory),
    )
    .option('--cpu <quantity>', 'CPU limit such as 500m or 1.5 cores', quantity('--cpu', parseCpu))
    .option('--pids <count>', 'number of processes and threads', quantity('--pids', parseCount))
    .addOption(
      new Option('--ephemeral-storage <quantity>', 'room for what the command writes')
        .argParser(quantity('--ephemeral-storage', parseMemory))
        .default(DEFAULT_EPHEMERAL_STORAGE, formatBytes(DEFAULT_EPHEMERAL_STORAGE)),
    )
    .option('--hostname <name>', 'hostname inside', parseHostname, 'mydocker')
    .addOption(
      new Option('--network <mode>', 'own loopback only, the host’s, or a bridge of its own')
        .choices(['none', 'host', 'bridge'])
        .default('none'),
    )
    .addOption(several('--host-port <port>', 'TCP port of the host’s loopback to reach from inside', parsePort))
    .addOption(several('--env <name=value>', 'variable to set; all others are inherited', parseVariable))
    .option('--workdir <directory>', 'working directory inside (default: the current one)')
    .addOption(
      new Option('--user <uid[:gid]>', 'user inside; gid as uid when absent')
        .argParser(parseUser)
        .default({ uid: 0, gid: 0 }, 'root inside, without power outside'),
    )
    .addOption(
      several('--volume <source:target[:ro]>', 'host path to mount, writes to which reach the host', parseVolume),
    )
    .addOption(new Option('--security-opt <option>', 'allow every system call').choices(['seccomp=unconfined']))
    .addOption(
      new Option('--strict', 'fail where the host cannot enforce a limit, instead of warning').default(
        isCi(),
        'where CI is set',
      ),
    )
    .option('--no-strict', 'warn')
    .option('--tty', 'a terminal of its own (default: when stdin and stdout are terminals)')
    .option('--no-tty', 'the standard streams as they are')
    .option('--diff', 'list what the command added (A), modified (M) and deleted (D)')
    .action(async ([program, ...args]: [string, ...string[]], options: RunOptions) =>
      action(options, [program, ...args]),
    )
}

function quantity<T>(flag: string, parse: (text: string, flag: string) => T): (text: string) => T {
  return (text) => parse(text, flag)
}

/** A flag that may be repeated. */
function several<T>(flags: string, description: string, parse: (text: string) => T): Option {
  return new Option(flags, description)
    .argParser((text, list: readonly T[]) => [...list, parse(text)])
    .default([], 'none')
}

function isCi(): boolean {
  const { CI } = process.env
  return Boolean(CI) && CI !== 'false' && CI !== '0'
}
