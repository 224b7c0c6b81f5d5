/** One way out of a container that somebody may try. */
export interface Attack {
  readonly category: Category
  /** What is tried, as an infinitive: `write to a file of the host`. */
  readonly name: string
  /**
   * Runs inside, alone: all that it knows is its argument.
   * @returns what came of it: `ok`, a symbolic errno, or what it found
   */
  attempt(this: void, kit: Kit): string | Promise<string>
  /**
   * What comes of it when the container holds. Not merely anything but success: an attempt that fails because it is wrong itself
   * proves nothing. An attack on a copy succeeds; that the original has not changed is looked at from outside after every attempt.
   */
  readonly held: RegExp
}

export type Category =
  | 'capabilities'
  | 'files of the host'
  | 'masked paths'
  | 'mounts'
  | 'processes'
  | 'other containers'
  | 'namespaces and kernel'
  | 'network'
  | 'cgroups'
  | 'descriptors'

/** What an attack has at hand inside (inside.mjs). */
export interface Kit {
  readonly fs: typeof import('node:fs')
  /** What an attacker may know, or find out, of the outside. */
  readonly host: HostFacts
  /** Makes a system call from a process of its own. @returns `ok` or the errno */
  call(name: string, ...args: (number | string)[]): string
  /** Connects to a port of an address, the loopback's if none is given, or to a unix socket. @returns `connected` or the errno */
  connect(where: number | string, address?: string): Promise<string>
  /** Asks the kernel by netlink(7): a protocol, a type of message and, as Perl's pack has it, the rest. @returns `ok` or the errno */
  netlink(protocol: number, type: number, template: string, ...values: number[]): string
  /** Runs a script in a shell. @returns what it printed, standard error included */
  sh(script: string): string
  /** Its own descriptors, and what they are of. */
  descriptors(): { fd: number; target: string }[]
  /** Reads bytes or a list. @returns `ok`, `empty` or the errno */
  read(from: () => { readonly length: number }): string
  /** Does it. @returns `ok` or the errno, without which the message */
  outcome(action: () => unknown): string
}

export interface HostFacts {
  /** A directory with the file `victim`, which is seen inside. */
  readonly directory: string
  /** Files that only the host has. */
  readonly secrets: readonly string[]
  /** Of the process that made the container, by its numbers outside. */
  readonly pid: number
  readonly namespaces: Readonly<Record<string, string>>
  /** Where it listens: a TCP port of the loopback, an abstract unix socket, one in the directory. */
  readonly port: number
  readonly abstractSocket: string
  readonly socket: string
  /** Key of System V shared memory. */
  readonly memoryKey: number
  /** Directories of that process's cgroups. */
  readonly cgroups: readonly string[]
  readonly neighbour: NeighbourFacts
}

/** Another container of the same engine, which runs meanwhile. */
export interface NeighbourFacts {
  /** Of its PID 1 and of the process that forks for it, by their numbers outside. */
  readonly pids: readonly number[]
  /** Where it listens: a TCP port of its loopback, an abstract unix socket, and one at that path. */
  readonly port: number
  readonly abstractSocket: string
  readonly socket: string
  /** A file that only it has, with the text `neighbour`. */
  readonly file: string
  /** Key of its System V shared memory. */
  readonly memoryKey: number
}

/** For a list of attacks of one category. */
export function attacks(
  category: Category,
  list: Readonly<Record<string, Pick<Attack, 'attempt' | 'held'>>>,
): readonly Attack[] {
  return Object.entries(list).map(([name, { attempt, held }]) => ({ category, name, attempt, held }))
}
