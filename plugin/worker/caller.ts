import { fileURLToPath } from 'node:url'

/** Frames that are enough to find the caller behind a few of Vitest's and of builtin functions. */
const FRAMES = 4
/** A module of the tests' own, not of packages that they use, of Node, or generated without a name. */
const OF_NOBODY = /^node:|[\\/]node_modules[\\/]/
/** `import.meta.env` of Vitest is a Proxy whose `get` asks `process.env`. */
const OF_VITEST = /[\\/]node_modules[\\/]vitest[\\/]dist[\\/]/

/** Where this package is, which a workspace may have linked. */
const OWN = fileURLToPath(new URL('../..', import.meta.url))

const { captureStackTrace } = Error

/**
 * Whether code of the project has called, and not a package, Vitest or Node.
 * @param called the function that was called; frames above it do not count
 * @param past builtin functions to look through: `String(date)` calls `toString`
 */
export function isCalledByProject(called: (...args: never[]) => unknown, past: 'builtins' | 'nothing'): boolean {
  for (const site of callers(called)) {
    const file = site.getFileName()
    if (typeof file !== 'string') {
      if (past === 'builtins') continue
      return false
    }
    if (OF_VITEST.test(file) && site.getFunctionName() === 'get') continue
    return !OF_NOBODY.test(file) && !file.includes(OWN)
  }
  return false
}

/** The limit and the way of printing stacks are the test's own, and back in place when this returns. */
function callers(called: (...args: never[]) => unknown): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  const holder: { stack?: readonly NodeJS.CallSite[] } = {}
  try {
    Error.stackTraceLimit = FRAMES
    Error.prepareStackTrace = (_error, sites) => sites
    captureStackTrace(holder, called)
    return holder.stack ?? []
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}
