import * as v from 'valibot'
import { show } from '../runtime/show.ts'
import { isRecord } from './option-values.ts'

const envName = v.custom<string>(
  (input) => typeof input === 'string' && input !== '' && !/[=\0]/.test(input),
  (issue) => `${show(issue.input)} cannot name an environment variable (empty, or with = or NUL in it)`,
)

const envValue = v.custom<string>(
  (input) => typeof input === 'string' && !input.includes('\0'),
  (issue) =>
    typeof issue.input === 'number' || typeof issue.input === 'boolean'
      ? `${issue.input} is not a string; quote it: '${issue.input}'`
      : `${show(issue.input)} is not a string without NUL`,
)

export const envRecord = v.pipe(
  v.custom<Record<string, string>>(
    isRecord,
    (issue) => `${show(issue.input)} is not 'clean' or an object such as { TZ: 'UTC' }`,
  ),
  v.record(envName, envValue),
  v.transform((set): EnvPatch => ({ clean: false, set })),
)

const envClean = v.pipe(
  v.literal('clean'),
  v.transform((): EnvPatch => ({ clean: true, set: {} })),
)

export const env = v.lazy(
  (input): v.GenericSchema<'clean' | Record<string, string>, EnvPatch> => (input === 'clean' ? envClean : envRecord),
)

/** `clean` forgets the host's environment and what weaker layers have set; otherwise `set` is added to it. */
export interface EnvPatch {
  readonly clean: boolean
  readonly set: Readonly<Record<string, string>>
}
