/** Which system calls the processes of a container may make. */
export interface SeccompProfile {
  /** Names of calls that are allowed. One that this architecture does not have is passed over. */
  readonly allowed: readonly string[]
  /** Calls that are allowed depending on an argument. */
  readonly conditional: Readonly<Record<string, Condition>>
  /** Calls that fail as if the kernel did not have them (ENOSYS), for callers that know another way. */
  readonly missing: readonly string[]
}

/** Compares the low 32 bits of an argument. */
export interface Condition {
  /** From 0. */
  readonly argument: number
  readonly allow:
    | { readonly noneOf: number }
    | { readonly oneOf: readonly number[] }
    | { readonly otherThan: readonly number[] }
}
