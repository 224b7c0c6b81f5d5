/**
 * A profile as a program for the kernel (seccomp(2), Documentation/networking/filter.rst): a binary search for the call's number.
 * Linux asks it once per call that needs no argument, when it is installed, and keeps the answers (since 5.11), so that allowed
 * calls cost next to nothing; until then, and for each container, the program is to be short.
 */
import type { Condition, SeccompProfile } from './profile.ts'
import { SYSCALLS } from './syscalls.ts'

export type Architecture = 'x64' | 'arm64'

/** The engine is for these two alone. */
const ARCHITECTURE: Architecture = process.arch === 'arm64' ? 'arm64' : 'x64'

/** linux/audit.h */
const AUDIT_ARCH: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 }

/** linux/filter.h and linux/bpf_common.h */
const LOAD_WORD = 0x20 // BPF_LD | BPF_W | BPF_ABS
const JUMP_IF_EQUAL = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_IF_AT_LEAST = 0x35 // BPF_JMP | BPF_JGE | BPF_K
const JUMP_IF_ANY_BIT = 0x45 // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06 // BPF_RET | BPF_K
/** Jumps are forwards, by at most so many instructions. */
const FARTHEST_JUMP = 255

/** linux/seccomp.h; struct seccomp_data is { int nr; u32 arch; u64 instruction_pointer; u64 args[6] }. */
const ALLOW = 0x7fff0000
const NOTIFY = 0x7fc00000
const ERRNO = 0x00050000
const ENOSYS = 38
const NUMBER_AT = 0
const ARCHITECTURE_AT = 4
const ARGUMENTS_AT = 16

interface Instruction {
  readonly code: number
  readonly jumpTrue: number
  readonly jumpFalse: number
  readonly value: number
}

type Block = readonly Instruction[]

/** The calls from `first` to the next range's are treated alike. */
interface Range {
  readonly first: number
  readonly block: Block
}

const allow: Block = [instruction(RETURN, ALLOW)]
/** PID 1 answers EPERM, and says which call it was (native/denials.c). */
const deny: Block = [instruction(RETURN, NOTIFY)]
const missing: Block = [instruction(RETURN, ERRNO | ENOSYS)]

const programs = new WeakMap<SeccompProfile, string>()

/** @returns the program for this machine, as native/seccomp.c takes it; compiled once */
export function seccompProgram(profile: SeccompProfile): string {
  const known = programs.get(profile) ?? compileProfile(profile, ARCHITECTURE).toString('hex')
  programs.set(profile, known)
  return known
}

/** @returns the name of a call on this machine, or its number where no table has it */
export function syscallName(number: number): string {
  return syscallNames(ARCHITECTURE).get(number) ?? `${number}`
}

/**
 * @returns an array of struct sock_filter
 * @throws Error for a name that is in no table: a mistake in the profile
 */
export function compileProfile(profile: SeccompProfile, architecture: Architecture): Buffer {
  const program = [
    instruction(LOAD_WORD, ARCHITECTURE_AT),
    // A program of another architecture, such as one of 32 bits, has calls of other numbers.
    instruction(JUMP_IF_EQUAL, AUDIT_ARCH[architecture], 1, 0),
    ...missing,
    instruction(LOAD_WORD, NUMBER_AT),
    ...search(ranges(profile, architecture)),
  ]
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(({ code, jumpTrue, jumpFalse, value }, index) => {
    const at = bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(jumpTrue, at)
    bytes.writeUInt8(jumpFalse, at + 1)
    bytes.writeUInt32LE(value, at + 2)
  })
  return bytes
}

/** What the calls are named, by their numbers. */
function syscallNames(architecture: Architecture): ReadonlyMap<number, string> {
  return new Map(
    Object.keys(SYSCALLS).flatMap((name) => {
      const number = numberOf(name, architecture)
      return number === undefined ? [] : [[number, name] as const]
    }),
  )
}

/** All numbers from 0 on. One that no table has is of a call newer than this profile, which a caller must be able to do without. */
function ranges({ allowed, conditional, missing: absent }: SeccompProfile, architecture: Architecture): Range[] {
  const blocks = new Map<string, Block>([
    ...allowed.map((name) => [name, allow] as const),
    ...absent.map((name) => [name, missing] as const),
    ...Object.entries(conditional).map(([name, condition]) => [name, conditionBlock(condition)] as const),
  ])
  const unknown = [...blocks.keys()].find((name) => SYSCALLS[name] === undefined)
  if (unknown !== undefined) throw new Error(`mydocker: no system call is named ${unknown}`)
  const names = syscallNames(architecture)
  const last = Math.max(...names.keys())
  const all = Array.from({ length: last + 2 }, (_, first): Range => {
    const name = names.get(first)
    return { first, block: name === undefined ? missing : (blocks.get(name) ?? deny) }
  })
  return all.filter(({ first, block }) => all[first - 1]?.block !== block)
}

function search(among: readonly Range[]): Block {
  const [only] = among
  if (among.length === 1 && only !== undefined) return only.block
  const middle = Math.floor(among.length / 2)
  const [below, from] = [search(among.slice(0, middle)), search(among.slice(middle))]
  if (below.length > FARTHEST_JUMP) throw new Error('mydocker: the seccomp profile is too large')
  return [instruction(JUMP_IF_AT_LEAST, among[middle]?.first ?? 0, below.length, 0), ...below, ...from]
}

function conditionBlock({ argument, allow: rule }: Condition): Block {
  const load = instruction(LOAD_WORD, ARGUMENTS_AT + 8 * argument)
  if ('noneOf' in rule) return [load, instruction(JUMP_IF_ANY_BIT, rule.noneOf, 1, 0), ...allow, ...deny]
  const values = 'oneOf' in rule ? rule.oneOf : rule.otherThan
  const [found, otherwise] = 'oneOf' in rule ? [allow, deny] : [deny, allow]
  const comparisons = values.map((value, index) => instruction(JUMP_IF_EQUAL, value, values.length - index, 0))
  return [load, ...comparisons, ...otherwise, ...found]
}

function instruction(code: number, value: number, jumpTrue = 0, jumpFalse = 0): Instruction {
  return { code, jumpTrue, jumpFalse, value }
}

function numberOf(name: string, architecture: Architecture): number | undefined {
  return SYSCALLS[name]?.[architecture === 'x64' ? 0 : 1]
}
