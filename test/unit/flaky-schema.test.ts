import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { InferOutput } from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  flakyJson,
  type flakyReportSchema,
  parseFlakyReport,
  type sweepRunSchema,
  type sweepSettingsSchema,
} from '../../plugin/flaky/schema.ts'
import type { FlakyReport, SweepRun, SweepSettings } from '../../plugin/flaky/types.ts'
import { inventedSweep } from '../support/invented-sweep.ts'

/** Both are told without `readonly`, which the schema library does not write. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T

const published = JSON.parse(readFileSync(new URL('../../schema/flaky-report.schema.json', import.meta.url), 'utf8'))
const report = inventedSweep()
const text = flakyJson(report)

describe('the schema of reports of sweeps', () => {
  it('is that of the types, by the compiler', () => {
    expectTypeOf<Plain<InferOutput<typeof flakyReportSchema>>>().toEqualTypeOf<Plain<FlakyReport>>()
    expectTypeOf<Plain<InferOutput<typeof sweepRunSchema>>>().toEqualTypeOf<Plain<SweepRun>>()
    expectTypeOf<Plain<InferOutput<typeof sweepSettingsSchema>>>().toEqualTypeOf<Plain<SweepSettings>>()
  })

  it('as it is published accepts a report, and nothing that lacks something', () => {
    const validate = new Ajv2020({ strict: false }).compile(published)
    const written = JSON.parse(text)
    expect(validate(written), JSON.stringify(validate.errors)).toBe(true)
    expect(written.$schema).toBe(published.$id)
    const [file] = written.files
    const { required } = published.properties.files.items
    for (const name of Object.keys(file)) {
      const { [name]: left, ...rest } = file
      expect(validate({ ...written, files: [rest] }), name).toBe(!required.includes(name))
    }
  })
})

describe('parseFlakyReport', () => {
  it('gives back what was written, also of a sweep that goes on', () => {
    expect(parseFlakyReport(text, 'sweep.json')).toEqual(JSON.parse(JSON.stringify(report)))
    const { endTime, ...sweep } = report.sweep
    const going = flakyJson({ ...report, sweep: { ...sweep, state: 'running' } })
    expect(parseFlakyReport(going, 'sweep.json').sweep).not.toHaveProperty('endTime')
  })

  it.each([
    ['cut off', text.slice(0, 100), /this is not JSON \(sweep\.json\)/],
    ['not ours', '{"success":true}', /no report of a sweep: it has no schemaVersion/],
    ['not even an object', '7', /no report of a sweep/],
    ['newer', text.replace('"schemaVersion": 1', '"schemaVersion": 2'), /schemaVersion 2, but only 1 is known here/],
    ['wrong', text.replace('"stable-pass"', '"fine"'), /files\.0\.findings\.0\.verdict is wrong: .*"fine"/],
  ])('tells of a file that is %s', (_what, broken, message) => {
    expect(() => parseFlakyReport(broken, 'sweep.json')).toThrow(message)
  })
})
