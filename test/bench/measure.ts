import process from 'node:process'
import { messageOf } from '../../runtime/errors.ts'
import type { Machine } from '../support/machine.ts'
import type { Options, VitestVersion } from './command-line.ts'
import { compare } from './compare.ts'
import { measureStarts } from './containers.ts'
import { type Installation, install } from './installation.ts'
import { measureMemory } from './memory.ts'
import { measureOvercommit } from './overcommit.ts'
import { plan } from './plan.ts'
import { profile } from './profile.ts'
import type { Results } from './results.ts'
import { suiteNames } from './suites.ts'

/** Each Vitest on the Node that the figures are promised for. */
const platforms = {
  '4.1': { vitest: '4.1', node: 20 },
  '5.1': { vitest: '5.1', node: 24 },
} as const

/** What memory and profile are taken of, and the chart is drawn of, unless versions are named. */
export const newest: VitestVersion = '5.1'

export interface Place {
  readonly host: Machine
  /** The package to measure. */
  readonly tarball: string
  readonly temporary: string
}

/** @param onPart hears the results so far, after each part: an interruption then costs little */
export async function measure(
  options: Options,
  { host, tarball, temporary }: Place,
  onPart: (results: Results) => Promise<void>,
): Promise<Results> {
  const { modes, quick, rounds } = options
  const results: Results = { host, quick, runs: [], starts: [], memory: [], profiles: [], overcommits: [] }
  const on = async (version: VitestVersion): Promise<Installation> => await install(platforms[version], tarball)
  const versions = options.vitest ?? [newest]

  if (modes.has('compare'))
    for (const suite of options.suites ?? suiteNames)
      for (const version of options.vitest ?? plan[suite].vitest) {
        const pools = options.pools ?? plan[suite].pools
        results.runs.push(...(await compare(await on(version), { ...options, suite, pools, onProgress })))
        await onPart(results)
      }
  if (modes.has('container')) {
    results.starts.push(...(await starts(await on(newest), temporary, quick ? 3 : 30)))
    await onPart(results)
  }
  if (modes.has('memory'))
    for (const version of versions) {
      const pools = options.pools ?? ['forks', 'threads', 'mydocker-exec', 'mydocker-zygote']
      results.memory.push(...(await measureMemory(await on(version), { pools, rounds, onProgress })))
      await onPart(results)
    }
  if (modes.has('profile'))
    for (const version of versions)
      for (const suite of options.suites ?? ['small'])
        for (const workers of options.workers) {
          const pools = options.pools ?? ['mydocker-zygote']
          const setting = { suite, pools, workers, quick, onProgress }
          results.profiles.push(...(await profile(await on(version), setting)))
          await onPart(results)
        }
  if (modes.has('overcommit'))
    for (const version of versions) {
      results.overcommits.push(...(await measureOvercommit(await on(version), { rounds, onProgress })))
      await onPart(results)
    }
  return results
}

/** Programs that cannot be had must not cost the results of everything else. */
async function starts(installation: Installation, temporary: string, rounds: number): Promise<Results['starts']> {
  onProgress('container starts')
  try {
    return await measureStarts(installation, temporary, rounds)
  } catch (error) {
    onProgress(`FAILED: ${messageOf(error)}`)
    return [{ contender: 'container starts', concurrency: 1, milliseconds: [], error: messageOf(error) }]
  }
}

function onProgress(line: string): void {
  process.stderr.write(`${line}\n`)
}
