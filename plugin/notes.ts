import * as v from 'valibot'
import type { WorkerNote } from './messages.ts'

const id = v.pipe(v.number(), v.safeInteger())
const absolutePath = v.pipe(v.string(), v.startsWith('/'), v.maxLength(4096))

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
])

/**
 * Parses what a pod says to the pool: test code could have sent it.
 * @returns undefined for what is no note of ours, however much it looks like one
 */
export function parseNote(message: unknown): WorkerNote | undefined {
  const parsed = v.safeParse(WorkerNoteSchema, message)
  return parsed.success ? parsed.output : undefined
}
