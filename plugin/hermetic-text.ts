import type { HermeticFinding } from '../runtime/status/types.ts'
import type { TaskError } from './verdict.ts'

type Kind = HermeticFinding['kind']

/** Things that a sentence names; of more of them it gives the number. */
const MOST_NAMED = 3

/** The error of a file that was to be hermetic and is not. */
export function notHermetic(file: string, findings: readonly HermeticFinding[]): TaskError {
  const lines = sentences(findings).map((sentence) => `\n  - ${sentence}`)
  return error(`${file} is not hermetic: what it does depends on what is around it.${lines.join('')}`)
}

/** The error of one of which that could not be found out. @param cause a sentence */
export function hermeticityUnknown(file: string, cause: string): TaskError {
  return error(`${file} is to be hermetic, and whether it is could not be found out: ${cause}`)
}

/** The same findings in one line, for who only wants to know. */
export function hermeticWarning(file: string, findings: readonly HermeticFinding[]): string {
  return `${file} ${sentences(findings).join('; it ')}`
}

function error(message: string): TaskError {
  return { name: 'NotHermetic', message, stack: `NotHermetic: ${message}` }
}

/** One for each kind: what the file does, and how to let it do without, or to declare that it does. */
function sentences(findings: readonly HermeticFinding[]): string[] {
  const kinds = [...new Set(findings.map(({ kind }) => kind))]
  return kinds.map((kind) => {
    const things = findings.filter((finding) => finding.kind === kind).map(({ what }) => what)
    return SENTENCES[kind](named(things), things)
  })
}

const SENTENCES: Readonly<Record<Kind, (things: string, all: readonly string[]) => string>> = {
  'file-written': (things) =>
    `writes ${things}, outside of its project and of temporary directories (write below os.tmpdir(), or mount an emptyDir volume there)`,
  environment: (things, all) =>
    `reads ${things}, which nothing has declared (set ${all.length === 1 ? 'it' : 'them'} in test.env, or with // @mydocker env.${all[0]}=… in the file)`,
  network: (things) =>
    `tries ${things}, outside of its own container (start what it needs in the test or in globalSetup)`,
  'time-zone': (things) =>
    `calls ${things} in the time zone of this machine (set TZ in test.env, or with // @mydocker env.TZ=UTC in the file)`,
  'left-behind': (things) => `leaves ${things} running (end it in afterAll)`,
}

function named(things: readonly string[]): string {
  const shown = things.slice(0, MOST_NAMED)
  const more = things.length - shown.length
  if (more > 0) return `${shown.join(', ')} and ${more} more`
  return [shown.slice(0, -1).join(', '), shown.at(-1)].filter((part) => part !== '').join(' and ')
}
