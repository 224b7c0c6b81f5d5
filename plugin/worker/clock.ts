import type { Clock } from '../messages.ts'

/**
 * Replaces `Date` by one that begins at another time and goes on from there, and the time zone by another one. Nothing else is different:
 * timers and `performance.now()` do not depend on the time of day, and programs that a test starts see the machine's clock, in this
 * time zone.
 */
export function setClock({ start, timeZone }: Clock): void {
  // Node tells V8 and ICU of it.
  process.env.TZ = timeZone
  const offset = Date.parse(start) - Date.now()
  const Original = Date
  const now = (): number => Original.now() + offset
  const Shifted: typeof Date = new Proxy(Original, {
    // Called as a function it returns the time as text, whatever its arguments.
    apply: () => new Original(now()).toString(),
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name, self) => (name === 'now' ? now : Reflect.get(target, name, self)),
  })
  // A date tells its constructor: `new date.constructor()`.
  Object.defineProperty(Original.prototype, 'constructor', { value: Shifted, writable: true, configurable: true })
  Object.defineProperty(globalThis, 'Date', { value: Shifted, writable: true, configurable: true, enumerable: false })
}
