import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { CliOptions, createVitest, Vitest } from 'vitest/node'
import { MydockerError, messageOf } from '../../runtime/errors.ts'
import { POOL_NAME } from '../names.ts'
import { configure } from '../plugin.ts'
import { Run } from '../run.ts'
import { usePool } from '../vitest.ts'
import { type Recruit, recruitingPool } from './recruits.ts'

/** Which files are wanted, and by which configuration: Vitest's own options of these names. */
export interface Selection {
  readonly filters: readonly string[]
  readonly root?: string | undefined
  readonly config?: string | undefined
  readonly project: readonly string[]
  readonly testNamePattern?: string | undefined
}

/** Vitest with its configuration loaded and its `globalSetup` done, and all of its files ready to be run. */
export interface VitestSession extends AsyncDisposable {
  readonly vitest: Vitest
  readonly run: Run
  readonly recruits: readonly Recruit[]
}

/**
 * Starts Vitest and has it tell what it would run, and how.
 * @throws MydockerError stage `flaky`: there is no Vitest, it does not start, or has no files for that
 */
export async function openVitest(selection: Selection): Promise<VitestSession> {
  const root = path.resolve(selection.root ?? '.')
  const create = await vitestOf(root)
  const vitest = await started(() => create('test', cliOptions(selection, root), {}, silent()))
  try {
    return await recruit(vitest, selection)
  } catch (error) {
    await vitest.close()
    throw error
  }
}

async function recruit(vitest: Vitest, { filters }: Selection): Promise<VitestSession> {
  // Its configuration may know nothing of the plugin.
  const [first] = vitest.projects
  if (Run.find(vitest) === undefined && first !== undefined) await configure(vitest, first, {})
  const run = Run.find(vitest)
  if (run === undefined) throw problem(`no project of ${vitest.config.root} can use the pool ${POOL_NAME}`)
  run.report.detail = 'none'
  const recruits: Recruit[] = []
  for (const project of vitest.projects)
    usePool(
      project,
      recruitingPool((file) => recruits.push(file)),
    )
  const found = await vitest.globTestSpecifications([...filters])
  const specifications = found.filter(({ pool }) => pool === POOL_NAME)
  const left = new Set(found.filter(({ pool }) => pool !== POOL_NAME).map(({ pool }) => pool))
  for (const pool of left)
    run.warn({ type: 'Warning', reason: 'NotSwept', message: `files of the pool ${pool} cannot be run in containers` })
  await vitest.runTestSpecifications(specifications, filters.length === 0)
  if (recruits.length === 0)
    throw problem(
      `Vitest finds no test files${filters.length === 0 ? '' : ` for ${filters.join(' ')}`} in ${vitest.config.root}`,
    )
  return { vitest, run, recruits, [Symbol.asyncDispose]: () => vitest.close() }
}

async function started(create: () => Promise<Vitest>): Promise<Vitest> {
  try {
    return await create()
  } catch (error) {
    if (error instanceof MydockerError) throw error
    throw new MydockerError({
      stage: 'flaky',
      message: `Vitest does not start: ${messageOf(error)}`,
      hint: 'It has to start by itself before its tests can be swept: npx vitest list.',
    })
  }
}

/** The Vitest of the project, not one that we might have ourselves. */
async function vitestOf(root: string): Promise<typeof createVitest> {
  if (!existsSync(root)) throw problem(`there is no directory ${root}`)
  try {
    const entry = createRequire(path.join(root, 'package.json')).resolve('vitest/node')
    const { createVitest } = await import(pathToFileURL(entry).href)
    return createVitest
  } catch (error) {
    throw new MydockerError({
      stage: 'flaky',
      message: `there is no Vitest in ${root} (${messageOf(error)})`,
      hint: 'Call it in the directory of a project that has Vitest installed, or name that by --root.',
    })
  }
}

/** Everything that is not about which tests there are and how they are set up is ours: reports, coverage, how often and how many at once. */
function cliOptions({ config, project, testNamePattern }: Selection, root: string): CliOptions {
  return {
    root,
    ...(config === undefined ? {} : { config }),
    ...(project.length === 0 ? {} : { project: [...project] }),
    ...(testNamePattern === undefined ? {} : { testNamePattern }),
    run: true,
    watch: false,
    pool: POOL_NAME,
    // Vitest gives up before it starts where it has none.
    passWithNoTests: true,
    reporters: [{}],
    coverage: { enabled: false },
    typecheck: { enabled: false },
    retry: 0,
    bail: 0,
  }
}

function silent(): { stdout: Writable; stderr: Writable } {
  const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })
  return { stdout: nowhere(), stderr: nowhere() }
}

function problem(message: string): MydockerError {
  return new MydockerError({
    stage: 'flaky',
    message,
    hint: 'See which files Vitest finds: npx vitest list --filesOnly.',
  })
}
