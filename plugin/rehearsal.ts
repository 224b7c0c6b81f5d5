import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { Deferred } from '../runtime/deferred.ts'
import { MydockerError, messageOf } from '../runtime/errors.ts'
import { isBuiltinEnvironment } from './builtin-environments.ts'
import { encodeFrame, FrameDecoder } from './frame.ts'
import { documentScenes } from './rehearsal-document.ts'
import { at, isRpcRequest, isWorkerResponse, type RpcMethods, type RpcRequest } from './vitest.ts'

/** Nobody waits longer for it than for a start without it. */
const REHEARSAL_MS = 60_000

/** A test file that is nowhere on disk; the worker gets it as what Vite makes of it (`ssrTransform`). */
const REHEARSAL_FILE = 'mydocker-rehearsal.test.js'
const REHEARSAL_CODE = `
const __vi_import_0__ = await __vite_ssr_import__("vitest", {"importedNames":["beforeEach","afterEach","describe","expect","test","vi"]});
(0,__vi_import_0__.describe)("rehearsal", () => {
  (0,__vi_import_0__.beforeEach)(() => {});
  (0,__vi_import_0__.afterEach)(() => {});
  (0,__vi_import_0__.test)("sync", () => {
    const mock = __vi_import_0__.vi.fn(() => 1);
    mock("a");
    (0,__vi_import_0__.expect)(mock).toHaveBeenCalledWith("a");
    (0,__vi_import_0__.expect)(1 + 1).toBe(2);
    (0,__vi_import_0__.expect)({ a: [1, "b"] }).toEqual({ a: [1, "b"] });
    (0,__vi_import_0__.expect)(() => { throw new Error("x") }).toThrow("x");
  });
  (0,__vi_import_0__.test)("async", async () => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await (0,__vi_import_0__.expect)(Promise.resolve([1])).resolves.toContain(1);
  });
  (0,__vi_import_0__.test).runIf("document" in globalThis)("document", () => {
    ${documentScenes}
  });
});
`

/** What the rehearsals of one zygote have in common: Vitest's part in them. */
export interface Theatre {
  readonly start: object
  readonly run: object
  /** @returns the reply to a call of the worker, if it wants one */
  answer(request: RpcRequest): Promise<object | undefined>
}

/**
 * @param start Vitest's `start` message for workers of the project
 * @param methods Vitest's answers for them
 * @param directory where a file may be written
 */
export async function openTheatre(
  start: unknown,
  root: string,
  methods: RpcMethods,
  directory: string,
): Promise<Theatre> {
  const filepath = join(root, REHEARSAL_FILE)
  // As Vitest's own modules come: by way of a file.
  const tmp = join(directory, REHEARSAL_FILE)
  await writeFile(tmp, REHEARSAL_CODE)
  const context = rehearsalContext(start)
  return {
    start: { ...Object(start), context },
    run: runRequest(filepath, context),
    answer: (request) => answer(request, filepath, tmp, methods),
  }
}

/**
 * Lets a zygote load all that tests need of Vitest and run one test file, so that functions are compiled when the first real one comes.
 * Vitest's own answers are used, its reports are dropped, and nothing of the project is loaded.
 * @param first the message that comes before those of Vitest
 * @param isFork it ends with the rehearsal, as a worker does
 * @throws MydockerError stage `zygote`: it could not be done. That the process has ended is for the caller to notice: it knows why
 */
export async function rehearse(channel: Duplex, first: object, theatre: Theatre, isFork: boolean): Promise<void> {
  const over = new Deferred<void>()
  const send = (message: unknown): void => void channel.write(encodeFrame(message))
  const fail = (what: string): void =>
    over.reject(new MydockerError({ stage: 'zygote', message: `its rehearsal failed: ${what}` }))
  const decoder = new FrameDecoder()
  const take = (message: unknown): void => {
    if (isRpcRequest(message)) void theatre.answer(message).then((reply) => reply && send(reply))
    else if (isWorkerResponse(message) && message.error !== undefined)
      fail(String(at(message.error, 'message') ?? message.error))
    else if (isWorkerResponse(message) && message.type === 'started') send(theatre.run)
    else if (isWorkerResponse(message) && message.type === 'testfileFinished' && isFork)
      send({ __vitest_worker_request__: true, type: 'stop' })
    else if (isWorkerResponse(message)) over.resolve()
  }
  channel.on('data', (chunk: Buffer) => {
    try {
      for (const message of decoder.push(chunk)) take(message)
    } catch (error) {
      fail(messageOf(error))
      channel.destroy()
    }
  })
  channel.on('error', () => channel.destroy())
  const timer = setTimeout(() => fail(`it took longer than ${REHEARSAL_MS / 1000} s`), REHEARSAL_MS).unref()
  try {
    send(first)
    send(theatre.start)
    await over.promise
  } finally {
    clearTimeout(timer)
    // A fork ends by itself, and closes it.
    if (isFork) channel.resume()
    else channel.end()
  }
}

/** What would load modules of the project, or write somewhere, is left out. */
function rehearsalContext(start: unknown): object {
  const context = Object(at(start, 'context'))
  const config = {
    ...Object(at(context, 'config')),
    setupFiles: [],
    // What the first file says of it, Vitest's runner keeps for suites of all (createDefaultSuite); a sweep changes it from file to file.
    sequence: { ...Object(at(context, 'config', 'sequence')), shuffle: undefined },
    snapshotSerializers: [],
    runner: undefined,
    diff: undefined,
    snapshotEnvironment: undefined,
    coverage: { ...Object(at(context, 'config', 'coverage')), enabled: false },
    detectAsyncLeaks: false,
    bail: 0,
    // What a whole suite may ask of its tests is not asked of this one.
    allowOnly: true,
    testNamePattern: undefined,
    tagsFilter: undefined,
    passWithNoTests: true,
  }
  const environment = Object(at(context, 'environment'))
  const isBuiltin = isBuiltinEnvironment(String(at(environment, 'name')))
  return { ...context, config, environment: isBuiltin ? environment : { name: 'node', options: null } }
}

function runRequest(filepath: string, context: object): object {
  return {
    __vitest_worker_request__: true,
    type: 'run',
    context: {
      files: [
        { filepath, fileTags: undefined, testLocations: undefined, testNamePattern: undefined, testIds: undefined },
      ],
      config: at(context, 'config'),
      projectName: at(context, 'config', 'name'),
      environment: at(context, 'environment'),
      providedContext: {},
      invalidates: [],
      workerId: 1,
      pool: at(context, 'pool'),
    },
  }
}

async function answer(
  { m: method, a: args, i }: RpcRequest,
  filepath: string,
  tmp: string,
  methods: RpcMethods,
): Promise<object | undefined> {
  const reply = async (): Promise<unknown> => {
    if (/^(?:on[A-Z]|snapshotSaved)/.test(method)) return undefined
    if (String(args[0]).endsWith(REHEARSAL_FILE)) {
      if (method === 'fetch')
        return { cached: true, tmp, file: filepath, id: filepath, url: filepath, invalidate: false }
      if (method === 'resolve') return { id: filepath, file: filepath, url: filepath }
    }
    return methods[method]?.(...args)
  }
  try {
    const r = await reply()
    return i === undefined ? undefined : { t: 's', i, r }
  } catch (e) {
    return i === undefined ? undefined : { t: 's', i, e }
  }
}
