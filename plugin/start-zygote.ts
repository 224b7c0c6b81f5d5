import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PoolOptions } from 'vitest/node'
import { MydockerError } from '../runtime/errors.ts'
import type { EventSink } from '../runtime/event.ts'
import { packageAbove, packageDirectory } from '../runtime/package.ts'
import { Zygote } from '../runtime/zygote.ts'
import { workerEntry } from './container-spec.ts'
import type { LoadedFiles } from './loaded-files.ts'
import type { Bootstrap } from './messages.ts'
import { openTheatre, rehearse } from './rehearsal.ts'
import { logStreams, type RpcMethods, rpcMethods } from './vitest.ts'
import { warmModules } from './warm-modules.ts'

/** What a pod needs of a zygote. Two pods that need the same can have the same one. */
export interface ZygoteRequest {
  readonly options: PoolOptions
  /** Vitest's own `start` message. */
  readonly start: unknown
  /** Of the pod. */
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly warm: readonly string[]
}

const ZYGOTE_MODULE = join(packageDirectory, 'dist/plugin/worker/zygote.js')

/**
 * Starts one. A module of `warm` that shows only as it is loaded that it cannot be loaded ahead is left out, of which an event tells:
 * what it has done by then is in that process, and so another one takes its place.
 * @param loaded gets the files that it depends on
 * @throws MydockerError when this process cannot be forked, with these modules or without
 */
export async function startZygote(
  request: ZygoteRequest,
  onEvent: EventSink,
  directory: () => Promise<string>,
  loaded: LoadedFiles,
): Promise<Zygote> {
  const { project, distPath } = request.options
  let modules: Map<string, string> | undefined
  for (;;) {
    // First of all: the rest is done while Node starts.
    const zygote = spawnZygote(request)
    try {
      const methods = await rpcMethods(project, distPath)
      modules ??= await modulesToWarm(request, methods, onEvent, loaded)
      await prepareZygote(zygote, request, [...modules.values()], methods, await directory())
      return zygote
    } catch (error) {
      zygote.close()
      if (!(error instanceof MydockerError) || error.stage !== 'warm') throw error
      const [name] = [...(modules ?? [])].find(([, url]) => url === error.path) ?? []
      if (name === undefined || modules?.delete(name) !== true) throw error
      const message = `warm: '${name}' cannot be loaded ahead: ${error.fields.message}`
      onEvent({ type: 'Warning', reason: 'NotWarmed', message })
    }
  }
}

function spawnZygote({ options, env, workingDir }: ZygoteRequest): Zygote {
  const zygote = new Zygote({ module: ZYGOTE_MODULE, execArgv: options.execArgv, env, workingDir })
  const { stdout, stderr } = logStreams(options.project.vitest)
  zygote.stdout.pipe(stdout, { end: false })
  zygote.stderr.pipe(stderr, { end: false })
  return zygote
}

async function modulesToWarm(
  { options, warm }: ZygoteRequest,
  methods: RpcMethods,
  onEvent: EventSink,
  loaded: LoadedFiles,
): Promise<Map<string, string>> {
  const { urls, problems } = await warmModules(warm, options.project.config.root, options.environment.name, methods)
  for (const message of problems) onEvent({ type: 'Warning', reason: 'NotWarmed', message })
  loaded.add([...urls.values()].flatMap(filesOfModule))
  return new Map(urls)
}

async function prepareZygote(
  zygote: Zygote,
  { options, start }: ZygoteRequest,
  modules: readonly string[],
  methods: RpcMethods,
  directory: string,
): Promise<void> {
  const { project, distPath, execArgv } = options
  const task = { mydocker: 'prepare-zygote', distPath, modules, entry: workerEntry, execArgv } as const
  const theatre = await openTheatre(start, project.config.root, methods, directory)
  await Promise.race([rehearse(zygote.channel, task, theatre, false), failure(zygote)])
  const bootstrap: Bootstrap = { mydocker: 'bootstrap', distPath }
  await Promise.race([rehearse(zygote.rehearsalChannel, bootstrap, theatre, true), failure(zygote)])
  await zygote.serving
}

/** Never resolves. @throws MydockerError: what a zygote that died has said of itself */
async function failure(zygote: Zygote): Promise<never> {
  throw await zygote.died
}

/** A warmed module and the manifest of its package; a module that only they import may change unnoticed. */
function filesOfModule(url: string): string[] {
  if (!url.startsWith('file:')) return []
  const file = fileURLToPath(url)
  const owner = packageAbove(dirname(file))
  return owner === undefined ? [file] : [file, join(owner, 'package.json')]
}
