import process from 'node:process'
import { isGivenToTests } from '../environment.ts'
import type { HermeticWatch } from '../messages.ts'
import { isCalledByProject } from './caller.ts'
import { Once } from './once.ts'

/** What is known of the variables of this process while it runs. */
export interface Variables {
  /** Whether the configuration or the file itself has set it. */
  isDeclared(name: string): boolean
}

/**
 * Tells which variables the project's code asks for that nothing has declared. `process.env` becomes a Proxy of itself: it is
 * listed, set, deleted and copied as before. To copy all of it, for a child process say, is not to ask for each.
 */
export function watchEnvironment({ declared: names, isClean }: HermeticWatch, tell: (name: string) => void): Variables {
  const environment = process.env
  const declared = new Set(names)
  const reads = new Once(tell)
  const isDeclared = (name: string): boolean =>
    declared.has(name) || isGivenToTests(name) || (isClean && !Reflect.has(environment, name))
  /** Spread and Object.assign look at each property before they get it. */
  let copied: string | symbol | undefined

  const touch = (name: string | symbol, trap: (...args: never[]) => unknown): void => {
    if (typeof name !== 'string' || isDeclared(name)) return
    reads.offer(name, () => isCalledByProject(trap, 'nothing'))
  }
  const get = (target: NodeJS.ProcessEnv, name: string | symbol): unknown => {
    const isCopy = copied === name
    copied = undefined
    if (!isCopy) touch(name, get)
    return Reflect.get(target, name)
  }
  const has = (target: NodeJS.ProcessEnv, name: string | symbol): boolean => {
    copied = undefined
    touch(name, has)
    return Reflect.has(target, name)
  }
  process.env = new Proxy(environment, {
    get,
    has,
    getOwnPropertyDescriptor(target, name) {
      copied = name
      return Reflect.getOwnPropertyDescriptor(target, name)
    },
    // What the file sets itself, it does not have from elsewhere. Without a receiver: Node lets nothing but the target be set.
    set(target, name, value) {
      if (typeof name === 'string') declared.add(name)
      return Reflect.set(target, name, value)
    },
    deleteProperty(target, name) {
      if (typeof name === 'string') declared.add(name)
      return Reflect.deleteProperty(target, name)
    },
  })
  return { isDeclared }
}
