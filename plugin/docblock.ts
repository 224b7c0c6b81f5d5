import * as v from 'valibot'
import { MydockerError } from '../runtime/errors.ts'
import { type Line, leadingTags } from './comments.ts'
import { nearest, OPTION_KINDS, type OptionKind } from './option-names.ts'
import { patchSchema } from './option-schema.ts'
import { isRecord } from './option-values.ts'
import type { PodOptionsPatch } from './options.ts'

/**
 * Reads the options that a test file gives itself in the comments before its first statement:
 * `// @mydocker limits.memory=64Mi network=host`, or the same in a block comment, on one line or several. A name is a dotted path;
 * `limits.` and `requests.` are short for `resources.limits.` and `resources.requests.`. A list is written with commas, a value
 * with spaces in double quotes.
 * @param file how errors name the file
 * @throws MydockerError stage `options` that lists everything that is wrong, each with `file:line`
 */
export function readDocblock(source: string, file: string): PodOptionsPatch {
  // Every file of every run is asked, and most have none.
  if (!source.includes(TAG)) return {}
  const settings = disentangle(leadingTags(source, TAG).flatMap(settingsOf))
  const sound = settings.filter(isSound)
  const parsed = v.safeParse(patchSchema, sound.reduce(assign, {}))
  const problems = [...settings.filter(isMistake), ...(parsed.issues ?? []).map(blame(sound))]
  if (parsed.success && problems.length === 0) return parsed.output
  throw docblockError(file, problems)
}

const TAG = '@mydocker'
const EXAMPLE = `${TAG} limits.memory=64Mi network=host`

/** `limits.memory=64Mi`, read. */
interface Setting {
  readonly line: number
  /** As the user wrote it: `limits.memory`. */
  readonly name: string
  /** In full: `resources`, `limits`, `memory`. */
  readonly path: readonly string[]
  readonly value: unknown
}

interface Mistake {
  readonly line: number
  /** One sentence that begins with what it is about. */
  readonly problem: string
}

function isSound(setting: Setting | Mistake): setting is Setting {
  return !isMistake(setting)
}

function isMistake(setting: Setting | Mistake): setting is Mistake {
  return 'problem' in setting
}

function settingsOf(lines: readonly Line[]): (Setting | Mistake)[] {
  const settings = lines.flatMap(({ number, text }) => {
    const words = wordsOf(text)
    const strays = words.filter((word) => !ASSIGNMENT.test(word)).join(' ')
    const assignments = words.filter((word) => ASSIGNMENT.test(word)).map((word) => settingOf(word, number))
    if (strays === '') return assignments
    return [...assignments, { line: number, problem: `'${strays}' is not name=value; write ${EXAMPLE}` }]
  })
  if (settings.length > 0) return settings
  return [{ line: lines[0]?.number ?? 1, problem: `nothing follows ${TAG}; write ${EXAMPLE}` }]
}

const ASSIGNMENT = /^([^=]+)=(.*)$/

/** Split at white space outside of double quotes. */
function wordsOf(text: string): string[] {
  return text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []
}

function settingOf(word: string, line: number): Setting | Mistake {
  const [, name = '', raw = ''] = ASSIGNMENT.exec(word) ?? []
  const full = name.replace(/^(?=(?:limits|requests)\.)/, 'resources.')
  const path = full.startsWith('env.') ? ['env', full.slice('env.'.length)] : full.split('.')
  const kind = path[0] === 'env' ? 'text' : OPTION_KINDS[full]
  if (kind === undefined) return { line, problem: `${name}: no such option; ${suggestion(name)}` }
  if (kind === 'config')
    return { line, problem: `${name}: does not fit into a docblock; set it in the Vitest configuration` }
  return { line, name, path, value: typed(raw.replaceAll('"', ''), kind) }
}

/** A value that is not of its kind stays text, and the schema says what is wrong with it. */
function typed(text: string, kind: Exclude<OptionKind, 'config'>): unknown {
  const number = (digits: string): unknown => (/^-?\d+(?:\.\d+)?$/.test(digits) ? Number(digits) : digits)
  switch (kind) {
    case 'text':
      return text
    case 'texts':
      return text.split(',')
    case 'number':
      return number(text)
    case 'numbers':
      return text.split(',').map(number)
    case 'flag':
      return text === 'true' || (text === 'false' ? false : text)
  }
}

/** Offers names in their short form. */
function suggestion(name: string): string {
  const written = Object.entries(OPTION_KINDS).filter(([, kind]) => kind !== 'config')
  const names = written.map(([path]) => path.replace(/^resources\./, ''))
  const meant = nearest(name, names) ?? names.find((candidate) => candidate.endsWith(`.${name}`))
  return meant === undefined ? `known: ${names.join(', ')}` : `did you mean ${meant}?`
}

/** What is set twice, or as a whole and in part. Only `network` can be both: its short form is the mode then. */
function disentangle(settings: readonly (Setting | Mistake)[]): (Setting | Mistake)[] {
  const sound = settings.filter(isSound)
  const isInPart = (name: string): boolean => sound.some(({ path }) => path[0] === name && path.length > 1)
  const seen = new Map<string, Setting>()
  return settings.map((given) => {
    if (!isSound(given)) return given
    const isWhole = given.path.length === 1
    if (isWhole && given.name === 'env' && isInPart('env')) {
      return {
        line: given.line,
        problem: `env: stands beside env.NAME; write the variables into test.env, which env=clean keeps`,
      }
    }
    const setting =
      isWhole && given.name === 'network' && isInPart('network') ? { ...given, path: ['network', 'mode'] } : given
    const key = JSON.stringify(setting.path)
    const first = seen.get(key)
    if (first !== undefined) return { line: given.line, problem: `${given.name}: is set in line ${first.line} already` }
    seen.set(key, setting)
    return setting
  })
}

function assign(
  object: Readonly<Record<string, unknown>>,
  setting: Pick<Setting, 'path' | 'value'>,
): Record<string, unknown> {
  const [key, ...rest] = setting.path
  if (key === undefined) return { ...object }
  if (rest.length === 0) return { ...object, [key]: setting.value }
  const inner = object[key]
  return { ...object, [key]: assign(isRecord(inner) ? inner : {}, { path: rest, value: setting.value }) }
}

/** Finds the setting that an issue of the schema is about: the last one at its path or below. */
function blame(settings: readonly Setting[]): (issue: v.BaseIssue<unknown>) => Mistake {
  return ({ path = [], message }) => {
    const keys = path.map(({ key }) => key)
    const origin = settings.findLast((setting) =>
      setting.path.every((name, depth) => depth >= keys.length || name === keys[depth]),
    )
    return { line: origin?.line ?? 1, problem: `${origin?.name ?? keys.join('.')}: ${message}` }
  }
}

function docblockError(file: string, mistakes: readonly Mistake[]): MydockerError {
  const inOrder = [...mistakes].sort((a, b) => a.line - b.line)
  const lines = inOrder.map(({ line, problem }) => `${file}:${line}: ${problem}`)
  const message =
    lines.length === 1 ? (lines[0] ?? '') : `${lines.length} problems in docblocks\n  ${lines.join('\n  ')}`
  return new MydockerError({ stage: 'options', message })
}
