import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import type { SupervisorDescriptors } from './launcher.ts'
import { socketPair } from './native.ts'
import type { ContainerSpec } from './spec.ts'

/** The sockets between this process and a container. */
export interface Streams {
  readonly stdout: Socket | undefined
  readonly stderr: Socket | undefined
  readonly channel: Socket | undefined
  readonly status: Socket
  /** Where descriptors that were made inside arrive. */
  readonly descriptors: number
  /** The other ends of stdout, stderr and channel, for the command. The caller closes them when they have been passed on. */
  readonly ofCommand: readonly [stdout: number, stderr: number, channel: number]
  /** The other ends of the rest, for the supervisor. Likewise. */
  readonly ofSupervisor: readonly [status: number, descriptors: number]
}

/** @param nothing stands where the container has no stream */
export function openStreams({ stdio, channel }: Pick<ContainerSpec, 'stdio' | 'channel'>, nothing: number): Streams {
  const none = [undefined, nothing] as const
  const opened: [Socket, number][] = []
  const open = (): [Socket, number] => {
    const stream = openStream()
    opened.push(stream)
    return stream
  }
  try {
    const [stdout, stdoutEnd] = stdio === 'pipe' ? open() : none
    const [stderr, stderrEnd] = stdio === 'pipe' ? open() : none
    const [channelStream, channelEnd] = channel ? open() : none
    const [status, statusEnd] = open()
    const [descriptors, descriptorsEnd] = socketPair('seqpacket')
    return {
      stdout,
      stderr,
      channel: channelStream,
      status,
      descriptors,
      ofCommand: [stdoutEnd, stderrEnd, channelEnd],
      ofSupervisor: [statusEnd, descriptorsEnd],
    }
  } catch (error) {
    for (const [ours, theirs] of opened) {
      ours.destroy()
      closeSync(theirs)
    }
    throw error
  }
}

/**
 * The descriptors of a supervisor, which hands 0 to 3 on to the command; one whose command is forked into the container later
 * has none for it.
 */
export function supervisorDescriptors(
  { command, stdio }: Pick<ContainerSpec, 'command' | 'stdio'>,
  { ofCommand: [stdout, stderr, channel], ofSupervisor }: Streams,
  nothing: number,
): SupervisorDescriptors {
  if (command === 'forked') return [nothing, nothing, nothing, nothing, ...ofSupervisor]
  const standard = stdio === 'inherit' ? ([0, 1, 2] as const) : ([nothing, stdout, stderr] as const)
  return [...standard, channel, ...ofSupervisor]
}

export function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd)
}

/**
 * Resolves when a stream is closed. One that nothing has been printed on closes by itself, which it tells once: of a command that
 * ended at once before anybody has had the time to listen.
 */
export async function closed(stream: Readable): Promise<void> {
  if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', () => resolve()))
}

function openStream(): [Socket, number] {
  const [ours, theirs] = socketPair('stream')
  return [new Socket({ fd: ours, readable: true, writable: true }), theirs]
}

/**
 * A write to a process that has just died fails, and Node would close the socket for it, with its last words unread. Its death is
 * reported by the end of what it sends.
 */
export function ignoreWriteErrors(channel: Duplex): void {
  const { _write: write, _writev: writev } = channel
  channel._write = (chunk, encoding, callback) => write.call(channel, chunk, encoding, () => callback())
  if (writev) channel._writev = (chunks, callback) => writev.call(channel, chunks, () => callback())
}
