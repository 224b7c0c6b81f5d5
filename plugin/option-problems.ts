import type * as v from 'valibot'
import { MydockerError } from '../runtime/errors.ts'

/** One thing that is wrong with the options. */
export interface Problem {
  /** The option, as one would write it in JavaScript: `overrides[0].resources.limits.memory`. Empty for the whole. */
  readonly path: string
  /** What is wrong with it and how to write it. */
  readonly message: string
}

/** The schema's issues, in the order in which the options were checked. */
export function problemsOf(issues: readonly v.BaseIssue<unknown>[]): Problem[] {
  return issues.map(({ path = [], message }) => ({ path: path.map(({ key }) => key).reduce(join, ''), message }))
}

/**
 * @param where the place that the options come from: `plugin options`
 * @param problems at least one
 */
export function optionsError(where: string, problems: readonly Problem[]): MydockerError {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  const [first = ''] = lines
  const message =
    lines.length === 1 ? `${where}: ${first}` : `${where}: ${lines.length} problems\n  ${lines.join('\n  ')}`
  return new MydockerError({ stage: 'options', message })
}

function join(path: string, key: unknown): string {
  if (typeof key === 'number') return `${path}[${key}]`
  const name = String(key)
  if (!/^[\w$-]+$/.test(name)) return `${path}['${name}']`
  return path === '' ? name : `${path}.${name}`
}
