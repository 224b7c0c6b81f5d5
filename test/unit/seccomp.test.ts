import { describe, expect, test } from 'vitest'
import { type Architecture, compileProfile } from '../../runtime/seccomp/compile.ts'
import { describeDenied } from '../../runtime/seccomp/describe.ts'
import { RUNTIME_DEFAULT } from '../../runtime/seccomp/runtime-default.ts'
import { SYSCALLS } from '../../runtime/seccomp/syscalls.ts'

const ALLOW = 0x7fff0000
const NOTIFY = 0x7fc00000
const ENOSYS = 0x00050000 | 38
const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 }
const I386 = 0x40000003

/** What the kernel does with a call, by the rules of Documentation/networking/filter.rst. */
function decide(program: Buffer, arch: number, number: number, args: readonly number[] = []): number {
  const data = new Map([[0, number], [4, arch], ...args.map((value, index) => [16 + 8 * index, value] as const)])
  let accumulator = 0
  for (let at = 0; ; at++) {
    const [code, jumpTrue, jumpFalse, value] = [
      program.readUInt16LE(8 * at),
      program.readUInt8(8 * at + 2),
      program.readUInt8(8 * at + 3),
      program.readUInt32LE(8 * at + 4),
    ]
    if (code === 0x06) return value
    if (code === 0x20) accumulator = data.get(value) ?? 0
    else if (code === 0x15) at += accumulator === value ? jumpTrue : jumpFalse
    else if (code === 0x35) at += accumulator >= value ? jumpTrue : jumpFalse
    else if (code === 0x45) at += (accumulator & value) !== 0 ? jumpTrue : jumpFalse
    else throw new Error(`instruction ${at} has the code ${code}`)
  }
}

describe.each([
  ['x64', 0],
  ['arm64', 1],
] as const)('RuntimeDefault on %s', (architecture: Architecture, column) => {
  const program = compileProfile(RUNTIME_DEFAULT, architecture)
  const arch = AUDIT_ARCH[architecture]
  const call = (name: string, ...args: number[]): number =>
    decide(program, arch, SYSCALLS[name]?.[column] ?? Number.NaN, args)

  test('decides every call as its list says', () => {
    const allowed = new Set(RUNTIME_DEFAULT.allowed)
    const expected = (name: string): number =>
      allowed.has(name) ? ALLOW : RUNTIME_DEFAULT.missing.includes(name) ? ENOSYS : NOTIFY
    const names = Object.keys(SYSCALLS).filter(
      (name) => SYSCALLS[name]?.[column] !== undefined && RUNTIME_DEFAULT.conditional[name] === undefined,
    )
    expect(names.length).toBeGreaterThan(300)
    const wrong = names.filter((name) => call(name) !== expected(name))
    expect(wrong).toEqual([])
  })

  test.each([
    ['clone', 0x1200011, ALLOW], // CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD: fork
    ['clone', 0x3d0f00, ALLOW], // a thread
    ['clone', 0x10000000 | 17, NOTIFY], // CLONE_NEWUSER
    ['clone', 0x00020000 | 17, NOTIFY], // CLONE_NEWNS
    ['socket', 1, ALLOW], // AF_UNIX
    ['socket', 10, ALLOW], // AF_INET6
    ['socket', 38, NOTIFY], // AF_ALG
    ['socket', 40, NOTIFY], // AF_VSOCK
    ['personality', 0xffffffff, ALLOW],
    ['personality', 0x20008, ALLOW],
    ['personality', 0x0040000, NOTIFY], // ADDR_NO_RANDOMIZE
  ])('decides %s by its argument %i', (name, argument, expected) => {
    expect(call(name, argument)).toBe(expected)
  })

  test('has no calls that are newer than it, and none of another architecture', () => {
    expect(decide(program, arch, 600)).toBe(ENOSYS)
    expect(decide(program, arch, 0x40000000 | 1)).toBe(ENOSYS)
    expect(decide(program, I386, SYSCALLS.mount?.[column] ?? 0)).toBe(ENOSYS)
    expect(decide(program, I386, SYSCALLS.read?.[column] ?? 0)).toBe(ENOSYS)
  })
})

test('a profile with a name that is no system call is refused', () => {
  expect(() => compileProfile({ allowed: ['raed'], conditional: {}, missing: [] }, 'x64')).toThrow(/named raed/)
})

test('denied calls are listed, and of many the rest counted', () => {
  const call = (syscall: string) => ({ syscall, command: 'node', pid: 2 })
  expect(describeDenied([call('mount')])).toBe('mount (by node)')
  expect(describeDenied([call('mount'), { ...call('bpf'), command: '' }])).toBe('mount (by node) and bpf')
  expect(describeDenied(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(call))).toMatch(/^a .* e \(by node\), and 2 more$/)
})
