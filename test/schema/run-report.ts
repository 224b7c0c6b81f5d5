import { toJsonSchema } from '@valibot/to-json-schema'
import { runReportSchema, SCHEMA_URL } from '../../runtime/status/schema.ts'

export function runReportJsonSchema(): object {
  const { $schema, ...schema } = toJsonSchema(runReportSchema, { target: 'draft-2020-12' })
  return {
    $schema,
    $id: SCHEMA_URL,
    title: 'Report of a run of vitest-pool-mydocker',
    description: "A run and its pods, in the terms of Kubernetes' Pod API (core/v1).",
    ...schema,
  }
}
