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

type Trap = (...args: never[]) => unknown

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
  /** Spread and Object.assign list the names, and then look at each property before they get it. */
  let isListed = false
  let copied: string | symbol | undefined

  const touch = (name: string | symbol, trap: Trap, past: 'builtins' | 'nothing'): void => {
    isListed = false
    if (typeof name !== 'string' || name in Object.prototype || isDeclared(name)) return
    reads.offer(name, () => isCalledByProject(trap, past))
  }
  const get = (target: NodeJS.ProcessEnv, name: string | symbol): unknown => {
    // JSON.stringify is a copy too, and a builtin function.
    if (!isListed || name !== copied) touch(name, get, 'nothing')
    return Reflect.get(target, name)
  }
  const has = (target: NodeJS.ProcessEnv, name: string | symbol): boolean => {
    touch(name, has, 'nothing')
    return Reflect.has(target, name)
  }
  const getOwnPropertyDescriptor = (
    target: NodeJS.ProcessEnv,
    name: string | symbol,
  ): PropertyDescriptor | undefined => {
    copied = name
    // Object.hasOwn is one.
    if (!isListed) touch(name, getOwnPropertyDescriptor, 'builtins')
    return Reflect.getOwnPropertyDescriptor(target, name)
  }
  process.env = new Proxy(environment, {
    get,
    has,
    getOwnPropertyDescriptor,
    ownKeys(target) {
      isListed = true
      return Reflect.ownKeys(target)
    },
    // What the file sets itself, it does not have from elsewhere. Without a receiver: Node lets nothing but the target be set.
    set(target, name, value) {
      if (typeof name === 'string') declared.add(name)
      return Reflect.set(target, name, value)
    },
    defineProperty(target, name, descriptor) {
      if (typeof name === 'string') declared.add(name)
      return Reflect.defineProperty(target, name, descriptor)
    },
    deleteProperty(target, name) {
      if (typeof name === 'string') declared.add(name)
      return Reflect.deleteProperty(target, name)
    },
  })
  return { isDeclared }
}
