import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import path from 'node:path'
import koffi from 'koffi'
import { MydockerError } from './errors.ts'
import { nativeError } from './hints.ts'
import { packageDirectory } from './package.ts'

/** The only file that imports koffi: the functions of `native/library.c`, with errno turned into MydockerError. */

const buildDirectory = path.join(packageDirectory, 'native/build/Release')

/** PID 1 of every container, and the janitor. */
export const initProgram: string = path.join(buildDirectory, 'mydocker-init')

/** Preloaded into zygotes; see native/compact.c. */
export const compactLibrary: string = path.join(buildDirectory, 'libmydocker-compact.so')

/** A descriptor that was passed out of a container, with what it is for. */
export interface PassedDescriptor {
  readonly fd: number
  readonly tag: string
}

/** @throws MydockerError stage `native`: not Linux, or not compiled. */
export function assertNativeBuilt(): void {
  if (process.platform !== 'linux')
    throw new MydockerError({
      stage: 'native',
      message: `containers are made of Linux namespaces, and this is ${process.platform}`,
      hint: "Run the suite in a Linux machine, VM or container, or use pool: 'forks' here.",
    })
  if (!existsSync(initProgram))
    throw new MydockerError({
      stage: 'native',
      message: 'the native helper is not compiled',
      path: initProgram,
      hint: 'Debian, Ubuntu: apt-get install gcc g++ make python3 libc6-dev; then: npm rebuild vitest-pool-mydocker (npm may want: npm approve-scripts vitest-pool-mydocker)',
    })
}

/**
 * A connected pair of unix sockets (socketpair(2)): of bytes, or of messages that can carry descriptors. The caller closes both.
 */
export function socketPair(type: 'stream' | 'seqpacket'): [number, number] {
  const pair = new Int32Array(2)
  const code = new Int32Array(1)
  if (library().socketPair(SOCKET_TYPES[type], pair, code) < 0) throw systemError('socketpair', code)
  const [ours, theirs] = pair
  return [ours as number, theirs as number]
}

/** bits/socket_type.h, the same on x64 and arm64. */
const SOCKET_TYPES = { stream: 1, seqpacket: 5 }

/**
 * Sends bytes and copies of descriptors as one message.
 * @throws MydockerError with `errno`: EPIPE when the other side has gone, EMSGSIZE when the message is larger than the buffer
 */
export function sendDescriptors(socket: number, bytes: Uint8Array, fds: readonly number[]): void {
  const code = new Int32Array(1)
  if (library().send(socket, bytes, bytes.length, Int32Array.from(fds), fds.length, code) < 0)
    throw systemError('descriptors', code)
}

/**
 * Makes this process a zygote (native/zygote.h): blocks, and returns in its children only.
 * @returns pid of the child, in its own PID namespace
 */
export function serveZygote(): number {
  return library().serveZygote()
}

/**
 * Forks this process once, for a trial (native/zygote.h).
 * @returns 0 in the fork, its pid in the zygote, where -1 tells that it did not end well
 */
export function rehearseFork(): number {
  return library().rehearseFork()
}

/** _exit(2): ends a fork of a zygote, which lacks the threads that Node's own exit would join. */
export function exitProcess(code: number): void {
  library().exit(code)
}

/** The next descriptor passed over `socket`; undefined when there is none. The caller closes it. */
export function receiveDescriptor(socket: number): PassedDescriptor | undefined {
  const tag = Buffer.alloc(64)
  const code = new Int32Array(1)
  const fd = library().receiveDescriptor(socket, tag, tag.length, code)
  if (fd < 0) return undefined
  return { fd, tag: tag.toString('utf8', 0, tag.indexOf(0)) }
}

/** TIOCSWINSZ, ioctl_tty(2). */
export function setTerminalSize(fd: number, rows: number, columns: number): void {
  const code = new Int32Array(1)
  if (library().setTerminalSize(fd, rows, columns, code) < 0) throw systemError('terminal size', code)
}

/** Puts a terminal into raw mode, for input and output, or (`false`) back into the mode that it had. One terminal at a time. */
export function setRaw(fd: number, raw: boolean): void {
  const code = new Int32Array(1)
  if (library().setRaw(fd, raw ? 1 : 0, code) < 0) throw systemError('terminal mode', code)
}

/** An extended attribute of a path itself (lgetxattr(2)); undefined when it has none of that name. */
export function readAttribute(path: string, name: string): string | undefined {
  const value = Buffer.alloc(ATTRIBUTE_MAX_BYTES)
  const length = library().readAttribute(path, name, value, value.length)
  return length < 0 ? undefined : value.toString('utf8', 0, length)
}

/** Whether the file system of a path has attributes of that name's class (`user.…`) at all. */
export function hasAttributes(path: string, name: string): boolean {
  return library().readAttribute(path, name, Buffer.alloc(1), 1) !== -constants.errno.EOPNOTSUPP
}

/** A path is the longest value that is asked for. */
const ATTRIBUTE_MAX_BYTES = 4096

interface Library {
  socketPair(type: number, pair: Int32Array, code: Int32Array): number
  send(socket: number, bytes: Uint8Array, length: number, fds: Int32Array, count: number, code: Int32Array): number
  serveZygote(): number
  rehearseFork(): number
  exit(code: number): void
  receiveDescriptor(socket: number, tag: Buffer, size: number, code: Int32Array): number
  setTerminalSize(fd: number, rows: number, columns: number, code: Int32Array): number
  setRaw(fd: number, raw: number, code: Int32Array): number
  readAttribute(path: string, name: string, value: Buffer, size: number): number
}

let loaded: Library | undefined

function library(): Library {
  if (loaded) return loaded
  assertNativeBuilt()
  const so = koffi.load(path.join(buildDirectory, 'libmydocker.so'))
  loaded = {
    socketPair: so.func('int mydocker_socketpair(int type, _Out_ int *pair, _Out_ int *code)'),
    send: so.func(
      'int mydocker_send(int socket, const uint8_t *bytes, size_t length, const int *fds, size_t count, _Out_ int *code)',
    ),
    serveZygote: so.func('int mydocker_zygote_serve()'),
    rehearseFork: so.func('int mydocker_zygote_rehearse()'),
    exit: so.func('void mydocker_exit(int code)'),
    receiveDescriptor: so.func(
      'int mydocker_receive_descriptor(int socket, _Out_ uint8_t *tag, size_t size, _Out_ int *code)',
    ),
    setTerminalSize: so.func(
      'int mydocker_set_terminal_size(int fd, unsigned short rows, unsigned short columns, _Out_ int *code)',
    ),
    setRaw: so.func('int mydocker_set_raw(int fd, int raw, _Out_ int *code)'),
    readAttribute: so.func(
      'int mydocker_read_attribute(const char *path, const char *name, _Out_ uint8_t *value, size_t size)',
    ),
  }
  return loaded
}

function systemError(stage: string, code: Int32Array): MydockerError {
  return nativeError(stage, code[0] ?? 0, '', 'system call failed')
}
