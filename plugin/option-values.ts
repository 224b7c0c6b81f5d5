import * as v from 'valibot'
import { type Reading, readCount, readCpu, readMemory } from '../runtime/quantity.ts'
import { show } from '../runtime/show.ts'
import { alternatives, noSuchOption } from './option-names.ts'

/** The building blocks of the options' schema. Each puts its whole sentence into the issue; only the path is added later. */

/** An object with exactly these keys. Unlike valibot's `strictObject` it reports every unknown key, and the likely one. */
export function known<T extends v.ObjectEntries>(
  entries: T,
  example: string,
): v.GenericSchema<v.InferInput<v.ObjectSchema<T, undefined>>, v.InferOutput<v.ObjectSchema<T, undefined>>> {
  return v.pipe(
    v.custom<v.InferInput<v.ObjectSchema<T, undefined>>>(
      isRecord,
      (issue) => `${show(issue.input)} is not an object such as ${example}`,
    ),
    v.looseObject(entries, () => `is missing; write ${example}`),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = isRecord(dataset.value) ? dataset.value : {}
      for (const key of Object.keys(input).filter((name) => !Object.hasOwn(entries, name))) {
        addIssue({
          message: noSuchOption(key, Object.keys(entries)),
          path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
        })
      }
    }),
  )
}

export function oneOf<const T extends readonly string[]>(...names: T): v.GenericSchema<T[number]> {
  return v.picklist(names, (issue) => `${show(issue.input)} is not ${alternatives(names)}`)
}

export function text(what: string, example: string): v.GenericSchema<string> {
  return v.custom<string>(
    (input) => typeof input === 'string' && input !== '',
    (issue) => `${show(issue.input)} is not ${what}; write ${show(example)}`,
  )
}

export const flag: v.GenericSchema<boolean> = v.boolean((issue) => `${show(issue.input)} is not true or false`)

export function whole(what: string, least: number, most: number): v.GenericSchema<number> {
  return v.custom<number>(
    (input) => typeof input === 'number' && Number.isInteger(input) && input >= least && input <= most,
    (issue) => `${show(issue.input)} is not ${what}: a whole number from ${least} to ${most}`,
  )
}

/** Ids are 32 bits wide, and the highest means "unchanged" to setuid(2). */
export const id: v.GenericSchema<number> = whole('a user or group id', 0, 2 ** 32 - 2)

export const port: v.GenericSchema<number> = whole('a port', 1, 65535)

/** A number of seconds, fractions allowed. */
export function seconds(least: number, most: number): v.GenericSchema<number> {
  return v.custom<number>(
    (input) => typeof input === 'number' && input >= least && input <= most,
    (issue) => `${show(issue.input)} is not a number of seconds from ${least} to ${most}`,
  )
}

export function listOf<T extends v.GenericSchema>(
  item: T,
  example: string,
): v.GenericSchema<v.InferInput<T>[], v.InferOutput<T>[]> {
  const meant = (input: unknown): string => (typeof input === 'string' ? `[${show(input)}]` : example)
  return v.array(item, (issue) => `${show(issue.input)} is not a list; write ${meant(issue.input)}`)
}

export const memory = quantity(readMemory)
export const cpu = quantity(readCpu)
export const count = quantity(readCount)

/** A quantity with a lower bound. */
export function atLeast(
  schema: v.GenericSchema<string | number, number>,
  least: number,
  complaint: (value: number) => string,
): v.GenericSchema<string | number, number> {
  return v.pipe(
    schema,
    v.check(
      (value) => value >= least,
      (issue) => complaint(issue.input),
    ),
  )
}

export function isRecord(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}

/** The first schema only names the type that TypeScript users may write: `read` judges every value. */
export function quantity<Written extends string | number = string | number>(
  read: (value: unknown) => Reading,
): v.GenericSchema<Written, number> {
  return v.pipe(
    v.custom<Written>(() => true),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const reading = read(dataset.value)
      if ('value' in reading) return reading.value
      addIssue({ message: reading.problem })
      return NEVER
    }),
  )
}
