import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import * as v from 'valibot'
import { MydockerError, messageOf } from '../../runtime/errors.ts'
import { formatBytes } from '../../runtime/quantity.ts'
import type { Bytes } from '../../runtime/units.ts'
import { replaceFile } from './replace-file.ts'

export const DEFAULT_OVERRIDES_FILE = 'mydocker.overrides.json'

/** What is read of an override; the rest is kept as it is. */
const overrideSchema = v.looseObject({
  include: v.array(v.string()),
  resources: v.optional(v.looseObject({ limits: v.optional(v.looseObject({})) })),
})
const schema = v.array(overrideSchema)

type Override = v.InferOutput<typeof overrideSchema>

/** The memory limit that a file is to have; the file relative to the root of its project. */
export interface FileLimit {
  readonly file: string
  readonly memory: Bytes
}

/**
 * Puts memory limits into a file of `overrides` (PodOptions), which is made if need be. Of an override for exactly that file only the
 * memory limit is changed, others stay as they are, in their order; new ones come after them, sorted.
 * @throws MydockerError stage `flaky`: there is something else in the file, or it cannot be written
 */
export function writeOverrides(file: string, limits: readonly FileLimit[]): void {
  const known = read(file)
  const wanted = new Map(limits.map(({ file: name, memory }) => [escapeGlob(name), formatBytes(memory)]))
  const changed = known.map((override) => {
    const [include = '', ...more] = override.include
    const memory = more.length === 0 ? wanted.get(include) : undefined
    if (memory === undefined) return override
    wanted.delete(include)
    return withLimit(override, memory)
  })
  const added = [...wanted]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([include, memory]) => withLimit({ include: [include] }, memory))
  replaceFile(file, `${JSON.stringify([...changed, ...added], undefined, 2)}\n`)
}

/** @returns what a configuration has to say to use them */
export function importLine(file: string): string {
  return `import overrides from './${path.basename(file)}' with { type: 'json' }  →  mydocker({ overrides })`
}

function read(file: string): Override[] {
  if (!existsSync(file)) return []
  try {
    return v.parse(schema, JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new MydockerError({
      stage: 'flaky',
      message: `this is no list of overrides, and stays as it is: ${messageOf(error)}`,
      path: file,
      hint: `It is to be JSON such as [{ "include": ["src/a.test.ts"], "resources": { "limits": { "memory": "96Mi" } } }]; or name another file: --write <file>.`,
    })
  }
}

function withLimit(override: Override, memory: string): Override {
  const { resources } = override
  return { ...override, resources: { ...resources, limits: { ...resources?.limits, memory } } }
}

/** A file's name as a glob that matches only it (picomatch): `app/[id]/page.test.ts`. */
function escapeGlob(file: string): string {
  return file.replace(/[\\*?[\]{}()!+@|^$]/g, '\\$&')
}
