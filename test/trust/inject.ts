import path from 'node:path'
import process from 'node:process'
import { SYSCALLS } from '../../runtime/seccomp/syscalls.ts'

const injector = path.join(import.meta.dirname, 'inject.pl')

/** What to put before a command in which system calls are to fail. @param errno 0: they kill the process that makes them */
export function injecting(calls: readonly string[], errno: number): readonly string[] {
  return ['perl', injector, `${numberOf('prctl')}`, calls.map(numberOf).join(','), `${errno}`]
}

function numberOf(name: string): number {
  const number = SYSCALLS[name]?.[process.arch === 'arm64' ? 1 : 0]
  if (number === undefined) throw new Error(`no number of ${name} is known`)
  return number
}
