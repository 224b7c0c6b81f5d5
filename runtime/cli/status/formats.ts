/** `-o`; absent: a table. */
export const FORMATS = ['json', 'yaml', 'wide', 'name'] as const
export type Format = (typeof FORMATS)[number]

export interface OutputOptions {
  readonly output?: Format | undefined
  /** False with `--no-headers`. */
  readonly headers?: boolean | undefined
}
