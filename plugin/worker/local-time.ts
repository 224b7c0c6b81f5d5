import { isCalledByProject } from './caller.ts'
import { Once } from './once.ts'

/** Parts of a date that depend on the time zone. Seconds do not, but for zones of before 1972. */
const PARTS = ['Date', 'Day', 'FullYear', 'Hours', 'Minutes', 'Month', 'Year']
const METHODS = [
  ...PARTS.map((part) => `get${part}`),
  ...PARTS.filter((part) => part !== 'Day').map((part) => `set${part}`),
  ...['getTimezoneOffset', 'toString', 'toDateString', 'toTimeString'],
]
/** They take a time zone among their options, which are their second argument. */
const FORMATTERS = ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']
/** Of Temporal.Now (Node 26): they take a time zone as their argument, if any. */
const NOW = ['timeZoneId', 'plainDateISO', 'plainTimeISO', 'plainDateTimeISO', 'zonedDateTimeISO']

/**
 * Tells which functions the project's code calls whose result depends on the time zone. Each is replaced by a Proxy of itself, which
 * prints, is named and fails as it does. `Date` itself stays: Vitest's fake timers have taken it already, and would bring the
 * old one back. So `new Date(2020, 0, 1)` alone is not seen, but what is asked of it then.
 */
export function watchLocalTime(isDeclared: () => boolean, tell: (what: string) => void): void {
  const uses = new Once(tell)
  const wrap = (owner: object, name: string, what: string, isGiven: (args: readonly unknown[]) => boolean): void => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name)
    const original: unknown = descriptor?.value
    if (typeof original !== 'function') return
    const use = (trap: (...args: never[]) => unknown, args: readonly unknown[]): void => {
      if (!isDeclared() && !isGiven(args)) uses.offer(what, () => isCalledByProject(trap, 'builtins'))
    }
    const apply = (target: typeof original, self: unknown, args: unknown[]): unknown => {
      const result: unknown = Reflect.apply(target, self, args)
      use(apply, args)
      return result
    }
    const construct = (target: typeof original, args: unknown[], newTarget: typeof original): object => {
      const made = Reflect.construct(target, args, newTarget)
      use(construct, args)
      return made
    }
    Object.defineProperty(owner, name, { ...descriptor, value: new Proxy(original, { apply, construct }) })
  }
  for (const name of METHODS) wrap(Date.prototype, name, `Date.prototype.${name}`, () => false)
  for (const name of FORMATTERS) wrap(Date.prototype, name, `Date.prototype.${name}`, ([, options]) => hasZone(options))
  wrap(Intl, 'DateTimeFormat', 'Intl.DateTimeFormat', ([, options]) => hasZone(options))
  const { prototype } = Intl.DateTimeFormat
  Object.defineProperty(prototype, 'constructor', {
    ...Object.getOwnPropertyDescriptor(prototype, 'constructor'),
    value: Intl.DateTimeFormat,
  })
  const now: unknown = Reflect.get(Object(Reflect.get(globalThis, 'Temporal')), 'Now')
  if (typeof now !== 'object' || now === null) return
  for (const name of NOW) wrap(now, name, `Temporal.Now.${name}`, ([zone]) => zone !== undefined)
}

function hasZone(options: unknown): boolean {
  return typeof options === 'object' && options !== null && Reflect.get(options, 'timeZone') !== undefined
}
