import { relative } from 'node:path'
import type { TestProject } from 'vitest/node'
import { isReserved } from './carry.ts'
import { all, type OwnTasks } from './own-tasks.ts'
import { at, bails, benchmarks, isTestEnvironment, type RpcRequest } from './vitest.ts'

/** Decides by the arguments of a call. */
type Rule = (own: OwnTasks, project: TestProject, first: unknown, second: unknown, third: unknown) => boolean

const always: Rule = () => true
const inEnvironment: Rule = (_own, project, name) => isTestEnvironment(project, name)

/**
 * What workers call in Vitest's main process (`createMethodsRPC` of Vitest 4.1 and 5.1), each with what it may be about. Test code can
 * make its worker call anything with any arguments, and some of it changes files of the host, what is known of other test files, or
 * prototypes of the main process.
 */
export const CALLS: Readonly<Record<string, Rule>> = {
  fetch: (_own, project, _url, _importer, name) => isTestEnvironment(project, name),
  fetchWarmModules: inEnvironment,
  prewarmModuleGraph: inEnvironment,
  resolve: (_own, project, _id, _importer, name) => isTestEnvironment(project, name),
  transform: always,
  ensureModuleGraphEntry: always,
  resolveSnapshotPath: (own, _project, file) => own.hasPath(file),
  snapshotSaved: (own, _project, snapshot) => own.hasPath(at(snapshot, 'filepath')),
  onQueued: (own, _project, file) => own.hasFile(file),
  onCollected: (own, _project, files) => all(files, (file) => own.hasFile(file)),
  onTaskUpdate: (own, _project, packs, events) =>
    [packs, events].every((list) => all(list, (each) => own.has(at(each, '0')))),
  onTaskArtifactRecord: (own, _project, id) => own.has(id),
  onTestBenchmark: (own, _project, id) => own.has(id),
  onTestModuleDependencies: (own, _project, file) => own.hasPath(file),
  onUserConsoleLog: (own, _project, log) => own.mayPrint(at(log, 'taskId')),
  onAsyncLeaks: (own, _project, leaks) => all(leaks, (leak) => own.hasPath(at(leak, 'filename'))),
  onAfterSuiteRun: (own, project, suite) => {
    const names = own.files.map((file) => relative(project.config.root, file))
    return (
      at(suite, 'projectName') === project.config.name &&
      isTestEnvironment(project, at(suite, 'environment')) &&
      all(at(suite, 'testFiles'), (name) => typeof name === 'string' && names.includes(name))
    )
  },
  onUnhandledError: always,
  getCountOfFailedTests: always,
  onCancel: (_own, project) => bails(project.vitest),
  readBenchmarkResult: (_own, project) => benchmarks(project),
  writeBenchmarkResult: (_own, project, path) =>
    benchmarks(project) && typeof path === 'string' && !isReserved(path, project.config.root),
}

/**
 * @returns whether a pod may make that call. One that is in none of the Vitests we know may be of a later one, of which every test
 * file would fail; what every object has is not meant to be called
 */
export function isPermitted(
  { m: method, a: [first, second, third] }: RpcRequest,
  own: OwnTasks,
  project: TestProject,
): boolean {
  if (method in Object.prototype) return false
  const rule = Object.hasOwn(CALLS, method) ? CALLS[method] : undefined
  return rule === undefined || rule(own, project, first, second, third)
}
