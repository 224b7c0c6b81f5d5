import { MydockerError, messageOf } from '../../runtime/errors.ts'
import { importOfVitest, unsupported } from '../vitest-module.ts'

/** What this file uses of `vitest`. */
interface VitestModule {
  readonly TestRunner: { getCurrentSuite(): { on(hook: string, ...rest: unknown[]): void } }
}

/**
 * Loads modules as a test file would: in its environment. One that ends the process does end it, and is not taken for a test that tries.
 * @param exit of the process, as it was before Vitest
 * @throws MydockerError stage `warm`, with the URL of the first that cannot be loaded ahead as `path`
 */
export async function warm(distPath: string, urls: readonly string[], exit: typeof process.exit): Promise<void> {
  if (urls.length === 0) return
  const guard = process.exit
  process.exit = exit
  const allowHooks = await refuseHooks(distPath)
  for (const url of urls) await load(url)
  allowHooks()
  process.exit = guard
}

async function load(url: string): Promise<void> {
  try {
    await import(url)
  } catch (error) {
    throw new MydockerError({ stage: 'warm', path: url, message: messageOf(error) })
  }
}

/** A hook that a module registers as it is loaded is for the file that imports it; registered by the rehearsal's, it would be for none. */
async function refuseHooks(distPath: string): Promise<() => void> {
  const { TestRunner } = await importOfVitest<VitestModule>(distPath, 'index.js', ['TestRunner'])
  const suite = TestRunner.getCurrentSuite()
  if (typeof suite.on !== 'function') throw unsupported('TestRunner.getCurrentSuite().on')
  const { on } = suite
  suite.on = (hook) => {
    throw new Error(
      `it calls ${hook} as it is loaded, and a test file that imports it would lack that. What it imports itself can be warmed in its place (with @testing-library/react, '@testing-library/react/pure')`,
    )
  }
  return () => {
    suite.on = on
  }
}
