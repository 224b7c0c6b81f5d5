/** One shape for every failure of this package (design: `{ stage, errno, path, message, hint }`). */
export interface ErrorFields {
  /** What was being done, as a noun: `user namespace`, `overlay`, `cgroup`, `options`, … */
  readonly stage: string
  /** What failed, in words. */
  readonly message: string
  /** Symbolic errno (`EPERM`), where a system call failed. */
  readonly errno?: string | undefined
  /** The file, mount or option that it failed on. */
  readonly path?: string | undefined
  /** One sentence with the exact sysctl, flag or command that cures it. */
  readonly hint?: string | undefined
}

/** Thrown by every layer of this package. It is made where the cause is known and never wrapped. */
export class MydockerError extends Error implements ErrorFields {
  override readonly name = 'MydockerError'
  readonly stage: string
  readonly errno: string | undefined
  readonly path: string | undefined
  readonly hint: string | undefined

  constructor(fields: ErrorFields) {
    const where = fields.path === undefined ? '' : ` (${fields.path})`
    const code = fields.errno === undefined ? '' : `: ${fields.errno}`
    const hint = fields.hint === undefined ? '' : `\n  ${fields.hint}`
    super(`mydocker: ${fields.stage}: ${fields.message}${where}${code}${hint}`)
    this.stage = fields.stage
    this.errno = fields.errno
    this.path = fields.path
    this.hint = fields.hint
  }
}
