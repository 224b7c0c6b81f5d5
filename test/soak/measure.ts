import process from 'node:process'
import { machine } from '../support/machine.ts'
import { nodeBinary, type Platform } from '../support/platforms.ts'
import { makeProjectIn, removeProjects } from '../support/project.ts'
import { toolbox } from '../support/toolbox.ts'
import { stopRunning } from '../support/vitest-run.ts'
import type { Options } from './command-line.ts'
import type { PoolRun, Soaked } from './results.ts'
import { soak, type Task } from './soak.ts'
import { Status } from './status.ts'
import { filesFor, suite } from './suite.ts'

/** Each Vitest on the Node that the figures of the benchmark are of. */
const platforms = { '4.1': { vitest: '4.1', node: 20 }, '5.1': { vitest: '5.1', node: 24 } } as const

/** The soak, then its peer. Ctrl-C ends it whole, with what there is so far. */
export async function measure(options: Options): Promise<Soaked> {
  const platform = platforms[options.vitest]
  const files = filesFor(options.pods)
  const interrupt = new AbortController()
  // It ends by itself then, however often one asks.
  const onSignal = () => interrupt.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal)
  const host = machine()
  const status = new Status()
  status.say('Preparing Vitest and the package (a minute when nothing is cached) …')
  const room = await toolbox(platform.vitest)
  await nodeBinary(platform.node)
  const tasks = {
    mydocker: { pool: 'mydocker', pods: options.pods, edits: options.edits },
    forks: { pool: 'forks', pods: options.peerPods, edits: options.peerEdits },
  } as const
  const run = async (task: Pick<Task, 'pool' | 'pods' | 'edits'>): Promise<PoolRun> =>
    await soakIn(room, platform, { ...task, files, signal: interrupt.signal, onSample: status.follow(task) })
  try {
    const mydocker = await run(tasks.mydocker)
    const forks = tasks.forks.pods > 0 && !interrupt.signal.aborted ? await run(tasks.forks) : undefined
    return { host, ...platform, files, mydocker, ...(forks === undefined ? {} : { forks }) }
  } finally {
    status.end()
    await stopRunning()
    await removeProjects()
  }
}

async function soakIn(room: string, platform: Platform, task: Task): Promise<PoolRun> {
  return await soak(await makeProjectIn(room, platform, suite(task.files)), task)
}
