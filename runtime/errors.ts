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

/** What went wrong, of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Thrown by every layer of this package. It is made where the cause is known and never wrapped. */
export class MydockerError extends Error implements ErrorFields {
  override readonly name = 'MydockerError'
  readonly stage: string
  readonly errno: string | undefined
  readonly path: string | undefined
  readonly hint: string | undefined
  /** What failed, on what and why, without stage and cure. */
  readonly summary: string
  /** What it was made of. */
  readonly fields: ErrorFields

  constructor(fields: ErrorFields) {
    const where = fields.path === undefined ? '' : ` (${fields.path})`
    const code = fields.errno === undefined ? '' : `: ${fields.errno}`
    const hint = fields.hint === undefined ? '' : `\n  ${fields.hint}`
    const summary = `${fields.message}${where}${code}`
    super(`mydocker: ${fields.stage}: ${summary}${hint}`)
    this.stage = fields.stage
    this.errno = fields.errno
    this.path = fields.path
    this.hint = fields.hint
    this.summary = summary
    this.fields = fields
  }

  /** The same failure with the cure of one who knows more about this host than the place where it was noticed. */
  withHint(hint: string): MydockerError {
    return new MydockerError({ ...this.fields, hint })
  }
}

/** The cure where the kernel has no more of them for this process. */
export const NOTHING_LEFT =
  'No process or no descriptor is left: see `ulimit -u`, `ulimit -n`, and pids.max of the cgroups around.'

/** For a child process without a pid. What it was that failed is told by an event, for which nobody waits. */
export function unstarted(stage: string, who: string): MydockerError {
  return new MydockerError({
    stage,
    message: `${who} could not be started`,
    hint: NOTHING_LEFT,
  })
}
