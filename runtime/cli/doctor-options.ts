import type { Command } from 'commander'

/** What the flags of `mydocker doctor` say. */
export interface DoctorOptions {
  readonly json?: true
}

export function defineDoctor(command: Command, action: (options: DoctorOptions) => Promise<void>): void {
  command
    .description('Try everything that containers need of this host, and tell what is missing and what would cure it.')
    .option('--json', 'the report as JSON')
    .action(action)
}
