import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { InferOutput } from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { parseRunReport, type runReportSchema } from '../../runtime/status/schema.ts'
import type { RunReport } from '../../runtime/status/types.ts'
import { everyKind, manyPods, runReport } from '../support/invented-run.ts'

/** Both are told without `readonly`, which the schema library does not write. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T

const published = JSON.parse(readFileSync(new URL('../../schema/run-report.schema.json', import.meta.url), 'utf8'))

describe('the schema of reports', () => {
  it('is that of the type, by the compiler', () => {
    expectTypeOf<Plain<InferOutput<typeof runReportSchema>>>().toEqualTypeOf<Plain<RunReport>>()
  })

  it('as it is published accepts every report, and nothing that lacks something', () => {
    const validate = new Ajv2020({ strict: false }).compile(published)
    const report = JSON.parse(JSON.stringify(runReport([...everyKind, ...manyPods(50)])))
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    for (const name of Object.keys(report.pods[0])) {
      const { [name]: left, ...pod } = report.pods[0]
      const isOptional = published.properties.pods.items.required.includes(name) === false
      expect(validate({ ...report, pods: [pod] }), name).toBe(isOptional)
    }
  })
})

describe('parseRunReport', () => {
  const report = runReport(everyKind)
  const text = JSON.stringify(report)

  it('gives back what was written, also of a run that goes on', () => {
    expect(parseRunReport(text)).toEqual(JSON.parse(text))
    const { endTime, ...run } = report.run
    expect(parseRunReport(JSON.stringify({ ...report, run })).run).not.toHaveProperty('endTime')
  })

  it('lets pass what a later version of the same format has added', () => {
    expect(parseRunReport(JSON.stringify({ ...report, $schema: 'x', colour: 'red' })).run.id).toBe(report.run.id)
  })

  it.each([
    ['cut off', text.slice(0, 100), /this is not JSON \(runs\/1\.json\)/],
    ['not ours', '{"success":true}', /no report of mydocker: it has no schemaVersion/],
    ['not even an object', '7', /no report of mydocker/],
    ['newer', JSON.stringify({ ...report, schemaVersion: 2 }), /schemaVersion 2, but only 1 is known here/],
    ['wrong', text.replace('"Failed"', '"Lost"'), /pods\.2\.phase is wrong: .*"Lost"/],
  ])('tells of a file that is %s', (_what, broken, message) => {
    expect(() => parseRunReport(broken, 'runs/1.json')).toThrow(message)
  })
})
