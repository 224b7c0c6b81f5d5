import { type ErrorFields, MydockerError } from '../errors.ts'
import type { Event } from '../event.ts'

/**
 * Why this host cannot do something and what would cure that. Whether it is an error or a Warning depends on `strict`,
 * which the place that finds it does not know.
 */
export class Unavailable {
  readonly fields: ErrorFields & { readonly hint: string }

  constructor(fields: Omit<ErrorFields, 'stage'> & { readonly hint: string }) {
    this.fields = { ...fields, stage: 'cgroup' }
  }

  toError(): MydockerError {
    return new MydockerError(this.fields)
  }

  toEvent(reason: string): Event {
    const { message, path, errno, hint } = this.fields
    const where = path === undefined ? '' : ` (${path})`
    const code = errno === undefined ? '' : `: ${errno}`
    return { type: 'Warning', reason, message: `${message}${where}${code}. ${hint}` }
  }
}
