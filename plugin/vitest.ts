/**
 * The only file that touches Vitest's internals. Custom pools are "advanced, experimental and very low-level" to Vitest, so each
 * thing that is not public API is looked up here, checked, and named in the error when it is missing.
 */
import { availableParallelism } from 'node:os'
import { dirname, relative, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import type {
  BaseSequencer,
  PoolRunnerInitializer,
  Reporter,
  TestProject,
  TestSpecification,
  Vitest,
} from 'vitest/node'
import { importOfVitest, SUPPORTED, unsupported } from './vitest-module.ts'

/** @returns what to tell the user when this Vitest is outside the range that the pool is tested with */
export function versionWarning(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if ((major === 4 || major === 5) && minor >= 1) return undefined
  return `Vitest ${version} is outside the range that vitest-pool-mydocker is tested with (${SUPPORTED}); it uses internals of Vitest that may differ there`
}

/** Makes Vitest take workers of its pool `initializer.name` for this project from us. Read by the pool when it makes a worker. */
export function usePool(project: TestProject, initializer: PoolRunnerInitializer): void {
  // An object with own properties: Vitest's deepMerge drops prototype methods.
  project.config.poolRunner = initializer
}

/** Where workers print. */
export interface LogStreams {
  readonly stdout: Writable
  readonly stderr: Writable
}

/** @returns where the workers of Vitest's own pools print */
export function logStreams(vitest: Vitest): LogStreams {
  return {
    stdout: expected(vitest, isWritable, 'logger', 'outputStream'),
    stderr: expected(vitest, isWritable, 'logger', 'errorStream'),
  }
}

/** @returns how wide the terminal is that a stream prints on; undefined when it is none */
export function terminalColumns(stream: Writable): number | undefined {
  const columns = at(stream, 'columns')
  return at(stream, 'isTTY') === true && typeof columns === 'number' && columns > 0 ? columns : undefined
}

/** Adds a reporter to those that the configuration names. Call from `configureVitest`: Vitest creates its reporters after it. */
export function addReporter(vitest: Vitest, reporter: Reporter): void {
  const reporters = expected(vitest, isArray, 'config', 'reporters')
  reporters.push(reporter)
}

/** What a reporter of Vitest's keeps at the bottom of a terminal while tests run. */
export interface LiveWindow {
  /**
   * Shows one more line at its end.
   * @param line called whenever it is drawn, with the width of the terminal, which it must not fill; undefined shows none
   * @returns what takes the line away again
   */
  addLine(line: (columns: number) => string | undefined): () => void
}

/**
 * The windows of Vitest's reporters (`WindowRenderer`: of `default`, `verbose`, `tree` and `dot`, on a terminal outside of CI). It
 * intercepts everything that is printed, so nobody else can draw there. Call when a run begins: reporters are made after
 * `configureVitest`.
 * @returns none where there is no such window, or one that is made in another way
 */
export function liveWindows(vitest: Vitest): LiveWindow[] {
  const reporters = at(vitest, 'reporters')
  if (!isArray(reporters) || !hasMethod(vitest.logger, 'getColumns')) return []
  return reporters.flatMap((reporter) => {
    const options = at(reporter, 'summary', 'renderer', 'options') ?? at(reporter, 'renderer', 'options')
    return isObject(options) && hasMethod(options, 'getWindow') ? [liveWindow(vitest, options)] : []
  })
}

function liveWindow(vitest: Vitest, options: { getWindow: (...args: unknown[]) => unknown }): LiveWindow {
  return {
    addLine(line) {
      const { getWindow } = options
      options.getWindow = () => {
        const rows = getWindow()
        const added = isArray(rows) ? line(vitest.logger.getColumns()) : undefined
        if (!isArray(rows) || added === undefined) return rows
        // An empty row ends the window, in which the cursor rests.
        return rows.at(-1) === '' ? [...rows.slice(0, -1), added, ''] : [...rows, added]
      }
      return () => {
        options.getWindow = getWindow
      }
    },
  }
}

/**
 * Changes the order in which Vitest gives files to its pools, unless the user has chosen one: a sequencer of his own, or shuffled files.
 * Call from `configureVitest`: the sequencer is made when the first files are to run.
 * @param reorder gets them in the order of Vitest's own sequencer
 */
export async function orderFiles(
  vitest: Vitest,
  reorder: (files: TestSpecification[]) => TestSpecification[],
): Promise<void> {
  const { BaseSequencer: Default } = await importOfVitest<VitestNodeModule>(vitest.distPath, 'node.js', [
    'BaseSequencer',
  ])
  const { sequence } = vitest.config
  if (sequence.sequencer !== Default || sequence.shuffle) return
  sequence.sequencer = class extends Default {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return reorder(await super.sort(files))
    }
  }
}

/**
 * Vitest 5 advises `isolate: false` when it has spawned many workers. Here isolation is what the pool is for.
 */
export function silenceIsolateAdvice(vitest: Vitest): void {
  const diagnostics = at(vitest.config, 'experimental', 'diagnostics')
  if (typeof diagnostics === 'object' && diagnostics !== null) Reflect.set(diagnostics, 'isolate', false)
}

/**
 * Directory of Vitest's own HTML report (`--reporter=html`), if it makes one. Call from `configureVitest`: reporters are still names then.
 */
export function htmlReportDirectory(vitest: Vitest): string | undefined {
  const reporters = expected(vitest, isArray, 'config', 'reporters')
  const options = reporters.flatMap((reporter) => (isArray(reporter) && reporter[0] === 'html' ? [reporter[1]] : []))[0]
  if (options === undefined) return undefined
  const { root, outputFile } = vitest.config
  // Vitest 5 has a directory of its own for reports, Vitest 4 is told the page itself.
  if (Number.parseInt(vitest.version, 10) >= 5) {
    const directory = at(options, 'outputDir')
    return resolve(root, isString(directory) ? directory : '.vitest')
  }
  const page = at(options, 'outputFile') ?? (isString(outputFile) ? outputFile : at(outputFile, 'html'))
  return dirname(resolve(root, isString(page) ? page : 'html/index.html'))
}

/** The options that a project has in `test.mydocker`: Vitest keeps keys that it does not know. */
export function projectOptions(project: TestProject): unknown {
  return at(project.config, 'mydocker')
}

/** Whether a project has a plugin of this name, and so will call its `configureVitest`. */
export function hasPlugin(project: TestProject, name: string): boolean {
  const plugins = at(project.vite, 'config', 'plugins')
  return Array.isArray(plugins) && plugins.some((plugin) => at(plugin, 'name') === name)
}

/** Whether only some projects were asked for (`--project`): then `vitest.projects` does not hold all. */
export function isProjectFiltered(vitest: Vitest): boolean {
  const filter = at(vitest.config, 'project')
  return Array.isArray(filter) && filter.length > 0
}

/** Vitest's cache directory, in which each project has one of its own (`VitestCache.resolveCacheDir`). */
export function cacheDirectory(vitest: Vitest): string {
  const own = at(vitest, 'vite', 'config', 'cacheDir')
  if (isString(own)) return dirname(own)
  throw unsupported('vitest.vite.config.cacheDir', vitest.version)
}

/** Workers that Vitest runs at once for a project, by the rules of its pool (`resolveMaxWorkers`). */
export function maxWorkers(project: TestProject): number {
  const { vitest } = project
  const configured = project.config.maxWorkers || vitest.config.maxWorkers
  if (configured) return configured
  const cores = availableParallelism()
  return Math.max(vitest.config.watch ? Math.floor(cores / 2) : cores - 1, 1)
}

/** Whether this Vitest stays after a run and waits for edits. */
export function isWatching(vitest: Vitest): boolean {
  return at(vitest.config, 'watch') === true
}

/** Whether the run is being given up: by Ctrl-C, or by `bail`. */
export function isCancelling(vitest: Vitest): boolean {
  return at(vitest, 'isCancelling') === true
}

/** Whether `--inspect`, `--inspect-brk` or `inspector.enabled` is on. */
export function inspectorEnabled(vitest: Vitest): boolean {
  return at(vitest.config, 'inspector', 'enabled') === true
}

/** Whether workers may end the run of the others (`bail`). */
export function bails(vitest: Vitest): boolean {
  return Number(at(vitest.config, 'bail') ?? 0) > 0
}

/** Whether the files of a project are benchmarks, whose workers write results (Vitest 5). */
export function benchmarks(project: TestProject): boolean {
  return at(project.config, 'benchmark', 'enabled') === true
}

/** Whether a value names an environment of Vite in which modules are loaded for workers. */
export function isTestEnvironment(project: TestProject, name: unknown): boolean {
  return isString(name) && Object.hasOwn(project.vite.environments, name)
}

/**
 * Has Vite ask before it reads a module.
 * @param refuse gets the id of the module, and throws if it is not to be read
 */
export function guardModules(project: TestProject, refuse: (id: string) => void): void {
  for (const { pluginContainer } of Object.values(project.vite.environments)) {
    const load = pluginContainer.load.bind(pluginContainer)
    pluginContainer.load = async (id, ...rest) => {
      refuse(id)
      return load(id, ...rest)
    }
  }
}

/** Whether a worker that got this `start` message writes snapshots: Vitest's `update` is 'all', 'new' or 'none'. */
export function writesSnapshots(start: unknown): boolean {
  const update = at(start, 'context', 'config', 'snapshotOptions', 'updateSnapshot')
  return update === 'all' || update === 'new'
}

/** Whether Vitest sends spans; its tracer is the global one of @opentelemetry/api then. */
export function tracingEnabled(vitest: Vitest): boolean {
  return at(vitest.config, 'experimental', 'openTelemetry', 'enabled') === true
}

/** Whether workers are to send spans (`experimental.openTelemetry`). */
export function tracesEnabled(start: unknown): boolean {
  return at(start, 'traces', 'enabled') === true
}

/** TCP ports of Vitest's own servers (API, UI, browser): part of the tool, not of the suite. */
export function ownServerPorts(vitest: Vitest): number[] {
  const servers = [vitest, ...vitest.projects].map((owner) => at(owner, 'vite', 'httpServer'))
  return servers.flatMap((server) => {
    if (!hasMethod(server, 'address')) return []
    const port = at(server.address(), 'port')
    return typeof port === 'number' ? [port] : []
  })
}

/**
 * Directories into which the main process writes transformed modules while workers read them.
 * `temporary` ones are made by Vitest when it needs them; `moduleCache` lasts between runs (on by default in Vitest 5).
 */
export function moduleDirectories(project: TestProject): { temporary: string[]; moduleCache: string[] } {
  const { vitest } = project
  // The two majors disagree on which of them the root project uses.
  const temporary = [at(vitest, '_tmpDir'), at(project, 'tmpDir')].filter(isString)
  if (temporary.length === 0) throw unsupported('vitest._tmpDir', vitest.version)
  const enabled =
    at(project.config, 'fsModuleCache') === true || at(project.config, 'experimental', 'fsModuleCache') === true
  if (!enabled) return { temporary, moduleCache: [] }
  const own = at(project.config, 'fsModuleCachePath') ?? at(project.config, 'experimental', 'fsModuleCachePath')
  if (isString(own)) return { temporary, moduleCache: [own] }
  const shared = at(vitest, 'cache', '_modules', 'rootCache') ?? at(vitest, '_fsCache', 'rootCache')
  if (!isString(shared)) throw unsupported('vitest.cache._modules.rootCache', vitest.version)
  return { temporary, moduleCache: [shared] }
}

/** The configuration as workers get it. */
export function serializedConfig(project: TestProject): object {
  return project.serializedConfig
}

/** @returns where Vitest 5 lets workers put coverage, when coverage is on */
export function coverageDirectory(project: TestProject): string | undefined {
  const coverage = at(project.serializedConfig, 'coverage')
  const directory = at(coverage, 'coverageFilesDirectory')
  return at(coverage, 'enabled') === true && isString(directory) ? directory : undefined
}

/** @returns the id that the task of a file has */
export type FileIds = (filepath: string) => string

/**
 * Ids of files' tasks as Vitest's worker makes them (`createFileTask` of Vitest's runner).
 * @param distPath Vitest's `dist`, so that they are made by the very Vitest that is running
 */
export async function fileIds(project: TestProject, distPath: string): Promise<FileIds> {
  const { generateFileHash } = await importOfVitest<VitestNodeModule>(distPath, 'node.js', ['generateFileHash'])
  // Vitest 5 mixes the label of merged reports into the id; Vitest 4 takes two arguments.
  const meta = { __vitest_label__: at(project.config, 'mergeReportsLabel') }
  return (filepath) => {
    const id = generateFileHash(relative(project.config.root, filepath), project.config.name, meta)
    if (isString(id)) return id
    throw unsupported('generateFileHash', project.vitest.version)
  }
}

/**
 * A file's task as Vitest's worker makes it, for a file whose worker died before it could.
 */
export async function newFileTask(project: TestProject, filepath: string, distPath: string): Promise<FileTask> {
  // The HTML reporter of Vitest 4 fails for a file of which no module graph knows.
  const [graph] = Object.values(project.vite.environments).map(({ moduleGraph }) => moduleGraph)
  await graph?.ensureEntryFromUrl(filepath)
  const name = relative(project.config.root, filepath)
  const id = (await fileIds(project, distPath))(filepath)
  const task: FileTask = {
    id,
    name,
    fullName: name,
    type: 'suite',
    mode: 'run',
    filepath,
    tasks: [],
    meta: {},
    projectName: project.config.name,
    pool: project.config.pool,
    file: undefined,
    environmentLoad: 0,
    collectDuration: 0,
    setupDuration: 0,
    prepareDuration: 0,
  }
  task.file = task
  return task
}

/** What this file uses of `vitest/node` without its types saying so. */
interface VitestNodeModule {
  generateFileHash(...args: unknown[]): unknown
  createMethodsRPC(...args: unknown[]): unknown
  readonly BaseSequencer: typeof BaseSequencer
}

/** Answers calls of a worker as Vitest does, without any report being made of them. */
export type RpcMethods = Readonly<Record<string, (...args: unknown[]) => unknown>>

/** @returns what Vitest's own pools answer workers of this project with (`createMethodsRPC` of vitest/node) */
export async function rpcMethods(project: TestProject, distPath: string): Promise<RpcMethods> {
  const { createMethodsRPC } = await importOfVitest<VitestNodeModule>(distPath, 'node.js', ['createMethodsRPC'])
  const methods = createMethodsRPC(project, { cacheFs: true })
  if (isMethods(methods, ['fetch', 'resolve'])) return methods
  throw unsupported('createMethodsRPC().fetch', project.vitest.version)
}

/** What we read of Vitest's tasks (`Task` of its runner); they have more. */
export interface TestTask {
  readonly id: string
  readonly name: string
  readonly type: 'test'
  readonly mode: string
  readonly meta: object
  readonly location?: { readonly line: number; readonly column: number } | undefined
  readonly result?: object | undefined
}

export interface SuiteTask {
  readonly id: string
  readonly name: string
  readonly type: 'suite'
  readonly mode: string
  readonly meta: object
  readonly tasks: readonly (TestTask | SuiteTask)[]
  readonly result?: object | undefined
}

export interface FileTask extends SuiteTask {
  readonly filepath: string
  readonly [more: string]: unknown
  file: unknown
}

/** `[task id, result, meta]`, and `[task id, event, data]`: the arguments of `onTaskUpdate`. */
export type TaskPack = [id: string, result: object | undefined, meta: object]
export type TaskEvent = [id: string, event: string, data: undefined]

/** Whether an event says that a file is over: Vitest then tells its reporters how it came out. */
export function isFileEnd(event: unknown, id: string): boolean {
  return at(event, '0') === id && at(event, '1') === 'suite-finished'
}

/** A call of Vitest's RPC (birpc); one without `i` wants no answer. */
export interface RpcRequest {
  readonly t: 'q'
  readonly m: string
  readonly a: readonly unknown[]
  readonly i?: string | undefined
}

/** Answer to a call; `e` is the error that it threw. */
export interface RpcResponse {
  readonly t: 's'
  readonly i: string
  readonly r?: unknown
  readonly e?: unknown
}

/** What a worker tells the pool's runner. */
export interface WorkerResponse {
  readonly __vitest_worker_response__: true
  readonly type: 'started' | 'stopped' | 'testfileFinished'
  readonly error?: unknown
  readonly usedMemory?: unknown
}

export function response(type: WorkerResponse['type'], error?: unknown): WorkerResponse {
  return { type, __vitest_worker_response__: true, ...(error === undefined ? {} : { error }) }
}

export function isRpcRequest(message: unknown): message is RpcRequest {
  return at(message, 't') === 'q' && isString(at(message, 'm')) && Array.isArray(at(message, 'a'))
}

export function isRpcResponse(message: unknown): message is RpcResponse {
  return at(message, 't') === 's' && isString(at(message, 'i'))
}

export function isWorkerResponse(message: unknown): message is WorkerResponse {
  const type = at(message, 'type')
  if (at(message, '__vitest_worker_response__') !== true) return false
  return type === 'started' || type === 'stopped' || type === 'testfileFinished'
}

export function isTask(value: unknown): value is TestTask | SuiteTask {
  const type = at(value, 'type')
  if (!isString(at(value, 'id')) || !isString(at(value, 'name')) || !isObject(at(value, 'meta'))) return false
  return type === 'test' || (type === 'suite' && isArray(at(value, 'tasks')))
}

export function isFileTask(value: unknown): value is FileTask {
  return isTask(value) && value.type === 'suite' && isString(at(value, 'filepath'))
}

/** The value at a path of properties, whatever the types on the way. */
export function at(value: unknown, ...path: string[]): unknown {
  let current = value
  for (const name of path) {
    if ((typeof current !== 'object' && typeof current !== 'function') || current === null) return undefined
    current = Reflect.get(current, name)
  }
  return current
}

function expected<T>(vitest: Vitest, is: (value: unknown) => value is T, ...path: string[]): T {
  const value = at(vitest, ...path)
  if (is(value)) return value
  throw unsupported(`vitest.${path.join('.')}`, vitest.version)
}

function hasMethod<Name extends string>(
  value: unknown,
  name: Name,
): value is { [name in Name]: (...args: unknown[]) => unknown } {
  return typeof at(value, name) === 'function'
}

function isMethods(value: unknown, names: readonly string[]): value is RpcMethods {
  return names.every((name) => hasMethod(value, name))
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isArray(value: unknown): value is unknown[] {
  return Array.isArray(value)
}

function isWritable(value: unknown): value is Writable {
  return hasMethod(value, 'write') && hasMethod(value, 'once')
}
