/** What a probe found. */
export interface Finding {
  readonly status: 'ok' | 'degraded' | 'missing' | 'skipped'
  /** A few words: what there is, or what failed. */
  readonly detail: string
  /** The exact sysctl, flag or command, for what is not ok. */
  readonly cure?: string | undefined
  /** What containers have of it, as a clause of the verdict. */
  readonly gives?: string | undefined
}

/** One line of the report. */
export interface Check extends Finding {
  readonly name: string
}

export interface Report {
  /** Nothing essential is missing; what is degraded costs a limit or a nicety. */
  readonly canRun: boolean
  /** One sentence: what containers have here, or why there are none. */
  readonly verdict: string
  /** In the order in which they were made: a later one rests on earlier ones. */
  readonly checks: readonly Check[]
}
