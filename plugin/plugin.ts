import { inspect } from 'node:util'
import type { Plugin } from 'vitest/config'
import type { TestProject, Vitest } from 'vitest/node'
import { MydockerError } from '../runtime/errors.ts'
import { assertNativeBuilt } from '../runtime/native.ts'
import { PLUGIN_NAME, POOL_NAME } from './names.ts'
import { type PodOptions, parseOptions } from './options.ts'
import { poolRunner } from './pool.ts'
import { Run } from './run.ts'
import { bestOrder } from './sequencing.ts'
import {
  addReporter,
  htmlReportDirectory,
  inspectorEnabled,
  orderFiles,
  silenceIsolateAdvice,
  usePool,
  versionWarning,
} from './vitest.ts'

/**
 * The pool, for the `plugins` of a Vitest configuration; it is used by projects with `pool: 'mydocker'`, or with
 * `vitest --pool mydocker`.
 * @param options what the containers of test files are to be; overrides and docblocks change it for single files
 */
export function mydocker(options: PodOptions = {}): Plugin {
  return {
    name: PLUGIN_NAME,
    async configureVitest({ project, vitest }) {
      try {
        await configure(vitest, project, options)
      } catch (error) {
        throw readable(error)
      }
    },
  }
}

/** Called by Vitest for each project that has the plugin, before any test runs; by a sweep where none has it. */
export async function configure(vitest: Vitest, project: TestProject, input: PodOptions): Promise<void> {
  // Parsed even where another pool is chosen today: what is wrong with the options is wrong.
  const options = parseOptions(input, 'plugin options', project.config.root)
  // Projects without the plugin (`vitest.projects` holds all) may name the pool too.
  const users = [...new Set([project, ...vitest.projects])].filter(({ config }) => config.pool === POOL_NAME)
  if (users.length === 0) return
  const run = Run.find(vitest) ?? (await begin(vitest))
  run.options.add(project, options)
  if (options.report.summary !== undefined) run.report.detail = detailOf(options.report.summary)
  run.reportFiles.add(options.report, project.config.root, htmlReportDirectory(vitest))
  const initializer = poolRunner(run)
  for (const user of users) usePool(user, initializer)
  await run.options.check(vitest, users)
}

function detailOf(summary: boolean | 'full'): Run['report']['detail'] {
  if (summary === 'full') return summary
  return summary ? 'auto' : 'none'
}

async function begin(vitest: Vitest): Promise<Run> {
  assertNativeBuilt()
  if (inspectorEnabled(vitest)) {
    throw new MydockerError({
      stage: 'inspector',
      message: 'a debugger cannot reach into a container, whose loopback is its own',
      path: '--inspect, --inspect-brk or test.inspector',
      hint: "Debug with Vitest's own pool: add --pool forks.",
    })
  }
  const run = Run.begin(vitest)
  const warning = versionWarning(vitest.version)
  if (warning !== undefined) run.warn({ type: 'Warning', reason: 'UnsupportedVitest', message: warning })
  silenceIsolateAdvice(vitest)
  addReporter(vitest, run.report.reporter)
  await orderFiles(vitest, (files) => bestOrder(run, files))
  return run
}

/**
 * Vitest prints what `configureVitest` throws with console.error, which shows stack and fields of an error; of ours the
 * message says all.
 */
function readable(error: unknown): unknown {
  if (error instanceof MydockerError) Object.defineProperty(error, inspect.custom, { value: () => error.message })
  return error
}
