import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** Random values that Node makes ahead: `kBatchSize` and `randomCache` of lib/internal/crypto/random.js (Node 20 to 26). */
const UUIDS_AHEAD = 128
const INTEGERS_AHEAD = 1024

/**
 * Watches whether anybody takes a value of those that Node makes ahead. Forks would go on with what is left of them, each with the
 * same.
 * @returns ends the watch, and tells how to discard in a fork what is left
 */
export function watchRandomValues(): () => () => void {
  const { randomUUID, randomInt } = crypto
  const webRandomUUID = globalThis.crypto.randomUUID
  const web: object = Object.getPrototypeOf(globalThis.crypto)
  let uuidsTaken = false
  let integersTaken = false
  const watched = <T extends (...args: never[]) => unknown>(original: T, note: () => void): T =>
    new Proxy(original, {
      apply(target, self, args) {
        note()
        return Reflect.apply(target, self, args)
      },
    })
  const noteUuid = (): void => {
    uuidsTaken = true
  }
  crypto.randomUUID = watched(randomUUID, noteUuid)
  crypto.randomInt = watched(randomInt, () => {
    integersTaken = true
  })
  Reflect.set(web, 'randomUUID', watched(webRandomUUID, noteUuid))
  syncBuiltinESMExports()
  return () => {
    crypto.randomUUID = randomUUID
    crypto.randomInt = randomInt
    Reflect.set(web, 'randomUUID', webRandomUUID)
    syncBuiltinESMExports()
    return () => {
      for (let i = 0; uuidsTaken && i < UUIDS_AHEAD; i++) randomUUID()
      for (let i = 0; integersTaken && i < INTEGERS_AHEAD; i++) randomInt(2)
    }
  }
}
