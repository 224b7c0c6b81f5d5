import fs from 'node:fs'
import type { Outbox } from './outbox.ts'

/** What we need of Vitest's SnapshotEnvironment; a user's own has the same methods. */
interface SnapshotEnvironment {
  saveSnapshotFile(path: string, content: string): Promise<void>
  removeSnapshotFile(path: string): Promise<void>
}

const { existsSync } = fs

/**
 * Makes snapshots survive the pod: `.snap` files, inline snapshots (which are edits of the test's source), file snapshots, and the
 * removal of files that became empty. All of them go through the snapshot environment, which Vitest puts into
 * `snapshotOptions.snapshotEnvironment` when a run begins, be it its own or the user's; we wrap whatever is put there.
 */
export function carrySnapshots(snapshotOptions: object, outbox: Outbox): void {
  if (Object.getOwnPropertyDescriptor(snapshotOptions, 'snapshotEnvironment')?.get !== undefined) return
  const wrap = (value: unknown): unknown => (isEnvironment(value) ? carrying(value, outbox) : value)
  let environment = wrap(Reflect.get(snapshotOptions, 'snapshotEnvironment'))
  Object.defineProperty(snapshotOptions, 'snapshotEnvironment', {
    get: () => environment,
    set: (value: unknown) => {
      environment = wrap(value)
    },
    enumerable: true,
    configurable: true,
  })
}

/** The environment itself, except that what it saved or removed here is then saved or removed on the host. */
function carrying(environment: SnapshotEnvironment, outbox: Outbox): SnapshotEnvironment {
  const replaced: SnapshotEnvironment = {
    async saveSnapshotFile(path, content) {
      await environment.saveSnapshotFile(path, content)
      // A user's environment may keep snapshots elsewhere than in files.
      if (existsSync(path)) await outbox.carried(outbox.carry('snapshot', path))
    },
    async removeSnapshotFile(path) {
      const existed = existsSync(path)
      await environment.removeSnapshotFile(path)
      if (existed && !existsSync(path)) await outbox.remove(path)
    },
  }
  return new Proxy(environment, {
    get(target, name) {
      if (name === 'saveSnapshotFile' || name === 'removeSnapshotFile') return replaced[name]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function isEnvironment(value: unknown): value is SnapshotEnvironment {
  if (typeof value !== 'object' || value === null) return false
  return ['saveSnapshotFile', 'removeSnapshotFile'].every((name) => typeof Reflect.get(value, name) === 'function')
}
