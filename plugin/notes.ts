import * as v from 'valibot'
import type { WorkerNote } from './messages.ts'

const id = v.pipe(v.number(), v.safeInteger())
const absolutePath = v.pipe(v.string(), v.startsWith('/'), v.maxLength(4096))
/** Of a host (RFC 1035), an address, a variable: longer ones tell a reader nothing. */
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(255))
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))

const WorkerNoteSchema = v.variant('mydocker', [
  v.object({
    mydocker: v.literal('carry'),
    id,
    purpose: v.picklist(['snapshot', 'coverage', 'attachment']),
    path: absolutePath,
  }),
  v.object({ mydocker: v.literal('chunk'), id, bytes: v.instance(Uint8Array) }),
  v.object({ mydocker: v.literal('carry-end'), id, error: v.optional(v.string()) }),
  v.object({ mydocker: v.literal('remove'), id, path: absolutePath }),
  v.object({ mydocker: v.literal('test-started'), test: v.string() }),
  v.object({
    mydocker: v.literal('test-finished'),
    test: v.string(),
    result: v.record(v.string(), v.unknown()),
    meta: v.record(v.string(), v.unknown()),
  }),
  v.object({
    mydocker: v.literal('connect-failed'),
    code: v.string(),
    syscall: v.string(),
    address: v.optional(v.string()),
    hostname: v.optional(v.string()),
    port: v.optional(v.number()),
  }),
  v.object({ mydocker: v.literal('port-opened'), protocol: v.picklist(['tcp', 'udp']), port }),
  v.object({ mydocker: v.literal('read-variable'), name }),
  v.object({ mydocker: v.literal('used-local-time'), what: name }),
  v.object({ mydocker: v.literal('connected'), address: name, port, isLocal: v.boolean() }),
  v.object({ mydocker: v.literal('looked-up'), hostname: name }),
])

/**
 * Parses what a pod says to the pool: test code could have sent it.
 * @returns undefined for what is no note of ours, however much it looks like one
 */
export function parseNote(message: unknown): WorkerNote | undefined {
  const parsed = v.safeParse(WorkerNoteSchema, message)
  return parsed.success ? parsed.output : undefined
}
