import { MydockerError } from '../../errors.ts'
import { show as quote } from '../../show.ts'
import { choosePods } from './choose-pods.ts'
import { describePod } from './describe.ts'
import { findRuns, type RunChoice } from './locate.ts'
import type { EventsOptions, ShowOptions } from './options.ts'
import { listEvents, listNodes, listRuns } from './others.ts'
import { listPods, listUsage, POD_KEYS } from './pods.ts'
import { sayDead, show, type View } from './show.ts'

/**
 * @returns the exit status
 * @throws MydockerError stage `status`: what was asked for is not there, or cannot be asked for
 */
export async function get(words: readonly string[], options: ShowOptions): Promise<number> {
  const { kind, names } = parseWords(words)
  const isWide = options.output === 'wide'
  const single = names.length === 1
  const views: Record<Kind, View> = {
    pod: { kind, single, list: (run) => listPods(run, choosePods(run.report, names), isWide) },
    event: {
      kind,
      list: (run) => listEvents(run, names.length === 0 ? undefined : choosePods(run.report, names), isWide),
    },
    node: { kind, single, list: (run) => listNodes(run, isWide) },
    run: { kind, list: (_, { runs }) => listRuns(runs, isWide) },
  }
  checkSortKey(kind, options.sortBy)
  return show(views[kind], options)
}

/** @throws MydockerError stage `status` */
export async function describe(words: readonly string[], options: RunChoice): Promise<number> {
  const [first = '', ...rest] = words
  const names = POD_WORDS.has(first) ? rest : words
  if (names.length === 0) throw usage('describe wants the name of a pod or of a test file', 'mydocker get pods -o wide')
  const { chosen } = await findRuns(options)
  const pods = choosePods(
    chosen.report,
    names.map((name) => name.replace(/^pods?\//, '')),
  )
  process.stdout.write(pods.map((pod) => describePod(pod, chosen)).join('\n\n'))
  sayDead(chosen)
  return 0
}

/** @throws MydockerError stage `status` */
export async function events(options: EventsOptions): Promise<number> {
  const name = options.for?.replace(/^pods?\//, '')
  const view: View = {
    kind: 'event',
    list: (run) =>
      listEvents(run, name === undefined ? undefined : choosePods(run.report, [name]), options.output === 'wide'),
  }
  return show(view, { ...options, fieldSelector: options.types === undefined ? undefined : `type=${options.types}` })
}

/** @throws MydockerError stage `status` */
export async function top(words: readonly string[], options: ShowOptions): Promise<number> {
  const [kind = '', ...names] = words
  if (!POD_WORDS.has(kind)) throw usage('top shows pods', 'mydocker top pods [POD|FILE...]')
  return show({ kind: 'pod', list: (run) => listUsage(run, choosePods(run.report, names)) }, options)
}

type Kind = 'pod' | 'run' | 'event' | 'node'

const POD_WORDS = new Set(['pods', 'pod', 'po'])
const KINDS: Readonly<Record<string, Kind>> = {
  ...{ pods: 'pod', pod: 'pod', po: 'pod' },
  ...{ runs: 'run', run: 'run' },
  ...{ events: 'event', event: 'event', ev: 'event' },
  ...{ nodes: 'node', node: 'node', no: 'node' },
}

/** `pods NAME…`, or `pod/NAME …`. */
function parseWords(words: readonly string[]): { kind: Kind; names: string[] } {
  const [first = '', ...rest] = words
  const [type = '', ...path] = first.split('/')
  const kind = KINDS[type]
  if (kind === undefined) {
    const message = first === '' ? 'get wants to know what' : `there is nothing of the kind ${quote(first)}`
    throw usage(message, 'mydocker get pods|runs|events|nodes')
  }
  const names = path.length === 0 ? rest : [path.join('/'), ...rest.map((word) => word.replace(`${type}/`, ''))]
  return { kind, names }
}

function checkSortKey(kind: Kind, key: string | undefined): void {
  const keys: readonly string[] = kind === 'pod' ? POD_KEYS : kind === 'run' ? ['name', 'duration'] : ['name']
  if (key !== undefined && !keys.includes(key))
    throw usage(`${kind}s cannot be sorted by ${quote(key)}`, `--sort-by ${keys.join('|')}`)
}

function usage(message: string, hint: string): MydockerError {
  return new MydockerError({ stage: 'status', message, hint })
}
