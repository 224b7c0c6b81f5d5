import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import picomatch from 'picomatch'
import * as v from 'valibot'
import { show } from '../runtime/show.ts'
import { alternatives, nearest } from './option-names.ts'
import { optionsError, type Problem, problemsOf } from './option-problems.ts'
import { optionsSchema, type patchSchema } from './option-schema.ts'
import { isRecord } from './option-values.ts'
import type { ReportOptions } from './pod-options.ts'

export type * from './pod-options.ts'
export type * from './service-options.ts'

/** What one layer says about a pod, parsed: quantities are numbers, short forms are spelt out. Paths are as the user wrote them. */
export type PodOptionsPatch = v.InferOutput<typeof patchSchema>

/** An override, parsed. */
export interface ParsedOverride {
  readonly include: readonly string[]
  readonly patch: PodOptionsPatch
  /** For error texts: `plugin options: overrides[2]`. */
  readonly where: string
}

/** The options of one place, parsed and checked. */
export interface ParsedOptions {
  /** For error texts: `plugin options`. */
  readonly where: string
  readonly patch: PodOptionsPatch
  readonly overrides: readonly ParsedOverride[]
  readonly report: Readonly<ReportOptions>
}

/**
 * Parses and checks options. Relative paths mean the project's root, so the plugin's own options are parsed once per project.
 * @param where the place that they come from, for error texts: `plugin options`, `test.mydocker of project 'unit'`
 * @throws MydockerError stage `options` that lists everything that is wrong
 */
export function parseOptions(input: unknown, where: string, projectRoot: string): ParsedOptions {
  const parsed = v.safeParse(optionsSchema, input ?? {})
  const missing = missingSources(input, projectRoot)
  if (!parsed.success || missing.length > 0) throw optionsError(where, [...problemsOf(parsed.issues ?? []), ...missing])
  const { overrides = [], report = {}, ...patch } = parsed.output
  return {
    where,
    patch,
    report,
    overrides: overrides.map(({ include, ...overridden }, index) => ({
      include,
      patch: overridden,
      where: `${where}: overrides[${index}]`,
    })),
  }
}

/** A test file of a project. */
export interface TestFile {
  /** Absolute. */
  readonly path: string
  /** Absolute. */
  readonly projectRoot: string
}

/**
 * Checks that every override is for some test file: one that is for none was mistyped, and would be ignored in silence.
 * @param files all test files of the projects that the options are for, not only those of this run
 * @throws MydockerError stage `options` that lists all such overrides
 */
export function checkOverrides(options: ParsedOptions, files: readonly TestFile[]): void {
  if (files.length === 0) return
  const names = files.map(relativePath)
  const idle = options.overrides.flatMap(({ include }, index): Problem[] => {
    if (names.some((name) => isIncluded(name, include))) return []
    const [first = ''] = include
    const likely = nearest(first, names) ?? names[0] ?? 'test/e2e/**'
    const message = `${alternatives(include)} matches no test file; globs are relative to the project, as in ${show(likely)}`
    return [{ path: `overrides[${index}].include`, message }]
  })
  if (idle.length > 0) throw optionsError(options.where, idle)
}

/** @param name path of a test file relative to its project */
export function isIncluded(name: string, include: readonly string[]): boolean {
  return picomatch.isMatch(name, [...include], { dot: true })
}

export function relativePath({ path, projectRoot }: TestFile): string {
  return relative(projectRoot, path)
}

/** Looks at the options as they were given, so that this is said together with whatever else is wrong. */
function missingSources(options: unknown, projectRoot: string, prefix = ''): Problem[] {
  if (!isRecord(options)) return []
  const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
  const volumes = listed(options.volumes).flatMap((volume, index): Problem[] => {
    const source = isRecord(volume) ? volume.hostPath : undefined
    if (typeof source !== 'string' || source.startsWith('~') || existsSync(resolve(projectRoot, source))) return []
    const message = `${resolve(projectRoot, source)} does not exist; create it before Vitest starts, or use emptyDir: {}`
    return [{ path: `${prefix}volumes[${index}].hostPath`, message }]
  })
  const overrides = listed(options.overrides)
  const services = listed(options.services)
  return [
    ...volumes,
    ...services.flatMap((service, index) => missingSources(service, projectRoot, `${prefix}services[${index}].`)),
    ...overrides.flatMap((override, index) => missingSources(override, projectRoot, `overrides[${index}].`)),
  ]
}
