import { isBuiltinEnvironment } from '../builtin-environments.ts'

/** What `setupEnvironment` of vitest/worker makes of Vitest's `start`; the function that it returns takes the environment down. */
export type SetUp = (context: object) => Promise<unknown>

/**
 * The test environment of a worker. That of a zygote (a jsdom window, say) has been set up by its rehearsal, and nothing but that has
 * used it: each fork has a copy of its own, and need not make one.
 */
export class TestEnvironment {
  readonly #setUp: SetUp
  #kept: string | undefined
  #isKept = false

  constructor(setUp: SetUp) {
    this.#setUp = setUp
  }

  /** For `init` of vitest/worker. */
  async setUp(context: object): Promise<unknown> {
    const key = keyOf(context)
    if (key !== undefined && key === this.#kept) {
      this.#isKept = true
      setVariables(context)
      // Its process ends with it: to take a window apart first is work that nobody sees.
      return undefined
    }
    this.#kept = key
    return this.#setUp(context)
  }

  /** Vitest reports how long the environment took: a file that had it at once has not waited for it. */
  adjust(durations: unknown): void {
    if (!this.#isKept || typeof durations !== 'object' || durations === null) return
    Object.defineProperty(durations, 'environment', { get: () => 0, set() {}, enumerable: true, configurable: true })
  }
}

/** Everything that it is made of; undefined where more than that decides (hooks of Node's loader, a runner of a custom environment's own). */
function keyOf(context: object): string | undefined {
  const { environment, config } = context as { environment?: { name?: unknown; options?: unknown }; config?: object }
  const { environmentOptions, chaiConfig, serializedDefines, defines, experimental } = Object(config)
  const name = environment?.name
  if (typeof name !== 'string' || !isBuiltinEnvironment(name) || experimental?.viteModuleRunner === false)
    return undefined
  return JSON.stringify([name, environment?.options, environmentOptions, chaiConfig, serializedDefines, defines])
}

/** `test.env`: a fork has begun with the variables of its pod. Vitest 5 does it here, Vitest 4 in its main process. */
function setVariables(context: object): void {
  const { metaEnv, config } = context as { metaEnv?: unknown; config?: object }
  if (typeof metaEnv === 'object' && metaEnv !== null) Object.assign(metaEnv, Object(config).env)
}
