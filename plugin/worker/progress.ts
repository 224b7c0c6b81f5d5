import type { Outbox } from './outbox.ts'

/**
 * Tells the main process at once which test runs and how the last one ended. Vitest reports tests in batches, at most every
 * 100 ms and never while a test blocks the event loop (`sendTasksUpdateThrottled`): a pod that is killed for its memory would
 * take the last results with it, and the wrong test would be blamed. Vitest's runner assigns `state.current` in
 * onBeforeRunTask and onAfterRunTask, so an accessor there sees each change.
 */
export function reportProgress(state: object, outbox: Outbox): void {
  let current: unknown = Reflect.get(state, 'current')
  const running = new Map<string, object>()
  Object.defineProperty(state, 'current', {
    get: () => current,
    set: (task: unknown) => {
      current = task
      for (const [id, test] of running) {
        const result: unknown = Reflect.get(test, 'result')
        if (test === task || !isFinal(result)) continue
        running.delete(id)
        noteFinished(outbox, id, result, Object(Reflect.get(test, 'meta')))
      }
      if (!isTest(task) || running.has(task.id)) return
      running.set(task.id, task)
      outbox.postPlain({ mydocker: 'test-started', test: task.id })
    },
    enumerable: true,
    configurable: true,
  })
}

function noteFinished(outbox: Outbox, test: string, result: object, meta: object): void {
  // Most tests just pass. What is in `meta`, errors and benchmarks may be of any kind.
  const isPlain = Reflect.get(result, 'errors') === undefined && Reflect.get(result, 'benchmark') === undefined
  if (isPlain && Object.keys(meta).length === 0) {
    outbox.postPlain({ mydocker: 'test-finished', test, result: { ...result }, meta: {} })
    return
  }
  try {
    outbox.post({ mydocker: 'test-finished', test, result: { ...result }, meta: { ...meta } })
  } catch {
    // Something in it cannot be cloned. Vitest will report it in its own way; only the outcome is of use to us.
    outbox.post({ mydocker: 'test-finished', test, result: { state: Reflect.get(result, 'state') }, meta: {} })
  }
}

function isTest(task: unknown): task is { type: 'test'; id: string } {
  if (typeof task !== 'object' || task === null) return false
  return Reflect.get(task, 'type') === 'test' && typeof Reflect.get(task, 'id') === 'string'
}

/** The runner sets the duration last, after retries and `afterEach`: until then the state may still change. */
function isFinal(result: unknown): result is object {
  return typeof result === 'object' && result !== null && typeof Reflect.get(result, 'duration') === 'number'
}
