import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { TestProject, Vitest } from 'vitest/node'
import type { NodeInfo } from '../runtime/status/types.ts'
import { allocatableMemory } from './allocatable.ts'
import { changedFiles } from './changed-files.ts'
import { readDocblock } from './docblock.ts'
import type { History } from './history.ts'
import { PLUGIN_NAME } from './names.ts'
import type { Amounts } from './node-resources.ts'
import { checkOverrides, type ParsedOptions, parseOptions, type TestFile } from './options.ts'
import { hostnameOf, MILLICORES, type Node, type PodFile, type PodSpec, resolvePodSpec } from './pod-spec.ts'
import { hasPlugin, isProjectFiltered, maxWorkers, projectOptions } from './vitest.ts'

/** Which options hold for the files of which project. */
export class ProjectOptions {
  /** Of the plugins that each project has: those that it inherits come before its own. */
  readonly #ofPlugins = new Map<TestProject, ParsedOptions[]>()
  /** `test.mydocker` of each project. */
  readonly #ofProject = new Map<TestProject, ParsedOptions | undefined>()
  /** What pods can have together. */
  readonly allocatable: Amounts = { memory: allocatableMemory(), cpu: availableParallelism() * MILLICORES }
  readonly #history: History

  /** @param history what files needed in earlier runs */
  constructor(history: History) {
    this.#history = history
  }

  add(project: TestProject, options: ParsedOptions): void {
    this.#ofPlugins.set(project, [...(this.#ofPlugins.get(project) ?? []), options])
  }

  /**
   * Checks what can only be known when all projects are: `test.mydocker` of those without the plugin, and that no override is for nothing.
   * Does nothing until the last project with the plugin has been added.
   * @throws MydockerError stage `options`
   */
  async check(vitest: Vitest, projects: readonly TestProject[]): Promise<void> {
    if (projects.some((project) => hasPlugin(project, PLUGIN_NAME) && !this.#ofPlugins.has(project))) return
    const configured = projects.flatMap((project) => this.#configured(project))
    await Promise.all(projects.map((project) => this.#checkChanges(project)))
    if (isProjectFiltered(vitest)) return
    for (const options of configured.filter(({ overrides }) => overrides.length > 0)) {
      // Projects that inherit a plugin have its overrides too, of which each project needs only some.
      const sharers = projects.filter((project) =>
        this.#configured(project).some((other) => hasSameOverrides(options, other)),
      )
      const files = await Promise.all(sharers.map(testFiles))
      checkOverrides(options, files.flat())
    }
  }

  /** Whether it can be known which files have changed, where that is asked for. */
  async #checkChanges(project: TestProject): Promise<void> {
    const layers = this.#configured(project).flatMap(({ patch, overrides }) => [
      patch,
      ...overrides.map((each) => each.patch),
    ])
    for (const { flaky } of layers)
      if (flaky?.onlyChanged === true) await changedFiles(project.config.root, flaky.changedSince)
  }

  /**
   * @returns what a test file's container is to be, its docblock included
   * @throws MydockerError stage `options`
   */
  podSpec(project: TestProject, file: string): PodSpec {
    const docblock = readDocblock(readFileSync(file, 'utf8'), relative(project.config.root, file))
    const layers = { configured: this.#configured(project), docblock }
    return resolvePodSpec(layers, this.#podFile(project, file), this.#node(project))
  }

  /**
   * @returns whether one container could serve both files. A hostname that only tells the file makes no difference; one of which it
   * is to be told whether it is hermetic shares its container with none
   */
  isSame(project: TestProject, a: PodSpec, b: PodSpec): boolean {
    if (a.hermetic !== 'off' && a.file !== b.file) return false
    const hostname = (spec: PodSpec): string =>
      spec.hostname === hostnameOf(podFile(project, spec.file)) ? '' : spec.hostname
    return isDeepStrictEqual({ ...a, file: '', hostname: hostname(a) }, { ...b, file: '', hostname: hostname(b) })
  }

  /** With `isolate: false` the files of one container are to be of one specification. */
  #podFile(project: TestProject, path: string): PodFile {
    const file = podFile(project, path)
    if (!project.config.isolate) return file
    return { ...file, expectedMemory: this.#history.memory(project.name, relative(project.config.root, path)) }
  }

  /** Weakest first. A project without the plugin has the options of the first that has it. */
  #configured(project: TestProject): ParsedOptions[] {
    const [first = []] = this.#ofPlugins.values()
    const own = this.#projectLayer(project)
    return [...(this.#ofPlugins.get(project) ?? first), ...(own === undefined ? [] : [own])]
  }

  #projectLayer(project: TestProject): ParsedOptions | undefined {
    if (this.#ofProject.has(project)) return this.#ofProject.get(project)
    const input = projectOptions(project)
    const where = project.name === '' ? 'test.mydocker' : `test.mydocker of project '${project.name}'`
    const options = input === undefined ? undefined : parseOptions(input, where, project.config.root)
    this.#ofProject.set(project, options)
    return options
  }

  /** What the pods of all projects share. */
  nodeInfo(vitest: Vitest): NodeInfo {
    const workers = vitest.projects.map(maxWorkers)
    return {
      allocatable: this.allocatable,
      maxWorkers: Math.max(1, ...workers),
    }
  }

  #node(project: TestProject): Node {
    return {
      allocatableMemory: this.allocatable.memory,
      cores: this.allocatable.cpu / MILLICORES,
      maxWorkers: maxWorkers(project),
      ci: Boolean(process.env.CI) && process.env.CI !== 'false' && process.env.CI !== '0',
    }
  }
}

function podFile({ config }: TestProject, path: string): PodFile {
  return { path, projectRoot: config.root, projectName: config.name }
}

function hasSameOverrides(options: ParsedOptions, other: ParsedOptions): boolean {
  const globs = (from: ParsedOptions): unknown => from.overrides.map(({ include }) => include)
  return isDeepStrictEqual(globs(options), globs(other))
}

async function testFiles(project: TestProject): Promise<TestFile[]> {
  const { testFiles } = await project.globTestFiles()
  return testFiles.map((path) => ({ path, projectRoot: project.config.root }))
}
