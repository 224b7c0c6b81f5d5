import { resolve } from 'node:path'
import { carriedPath } from '../messages.ts'
import type { Outbox } from './outbox.ts'

/**
 * Carries out the files that a message of Vitest names, ahead of the message, because its main process opens them:
 * attachments of `annotate` and `recordArtifact`, and coverage, which Vitest 5 writes in the worker and reports by file name.
 * @param root what Vitest resolves the paths of attachments against
 * @returns the message to send: attachments have the marks of their carried files as paths
 */
export function carryFilesOf(message: unknown, root: string, outbox: Outbox): unknown {
  if (typeof message !== 'object' || message === null) return message
  const method: unknown = Reflect.get(message, 'm')
  if (method === 'onAfterSuiteRun') {
    carryCoverage(argument(message, 0), outbox)
    return message
  }
  if (method !== 'onTaskArtifactRecord') return message
  const artifact = argument(message, 1)
  return { ...message, a: [argument(message, 0), withCarriedAttachments(artifact, root, outbox)] }
}

function carryCoverage(meta: unknown, outbox: Outbox): void {
  const coverage: unknown = typeof meta === 'object' && meta !== null ? Reflect.get(meta, 'coverage') : undefined
  if (typeof coverage === 'string' && coverage.startsWith('/')) outbox.carry('coverage', coverage)
}

/** A copy, because the test's own artifact must keep the path that it gave. */
function withCarriedAttachments(artifact: unknown, root: string, outbox: Outbox): unknown {
  if (typeof artifact !== 'object' || artifact === null) return artifact
  const annotation: unknown = Reflect.get(artifact, 'annotation')
  const attachments: unknown = Reflect.get(artifact, 'attachments')
  return {
    ...artifact,
    ...(typeof annotation === 'object' && annotation !== null
      ? {
          annotation: {
            ...annotation,
            attachment: withCarriedFile(Reflect.get(annotation, 'attachment'), root, outbox),
          },
        }
      : {}),
    ...(Array.isArray(attachments)
      ? { attachments: attachments.map((one) => withCarriedFile(one, root, outbox)) }
      : {}),
  }
}

function withCarriedFile(attachment: unknown, root: string, outbox: Outbox): unknown {
  if (typeof attachment !== 'object' || attachment === null) return attachment
  const path: unknown = Reflect.get(attachment, 'path')
  if (typeof path !== 'string' || /^https?:/.test(path)) return attachment
  return { ...attachment, path: carriedPath(outbox.carry('attachment', resolve(root, path))) }
}

function argument(message: object, index: number): unknown {
  const args: unknown = Reflect.get(message, 'a')
  return Array.isArray(args) ? args[index] : undefined
}
