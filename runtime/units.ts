/** A size in bytes. */
export type Bytes = number
/** A duration in milliseconds. */
export type Milliseconds = number
/** CPU time per wall-clock time, in thousandths of one core (Kubernetes' `m` suffix). */
export type Millicores = number
