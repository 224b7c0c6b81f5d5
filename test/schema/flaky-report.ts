import { toJsonSchema } from '@valibot/to-json-schema'
import { FLAKY_SCHEMA_URL, flakyReportSchema } from '../../plugin/flaky/schema.ts'

export function flakyReportJsonSchema(): object {
  const { $schema, ...schema } = toJsonSchema(flakyReportSchema, { target: 'draft-2020-12' })
  return {
    $schema,
    $id: FLAKY_SCHEMA_URL,
    title: 'Report of a sweep for flaky tests of vitest-pool-mydocker',
    description: 'Files, their runs under which conditions, and what was found of each test.',
    ...schema,
  }
}
