import path from 'node:path'
import { say } from '../../runtime/cli/say.ts'
import { MydockerError } from '../../runtime/errors.ts'
import { stateDirectory } from '../../runtime/status/state.ts'
import { runId } from '../run-record.ts'
import { cacheDirectory } from '../vitest.ts'
import { type FlakyOptions, selectionOf, settingsOf } from './command-options.ts'
import { EndSignals } from './end-signals.ts'
import { exitStatus, parseFailOn } from './exit-code.ts'
import { Journal, type KeptSweep, readJournal } from './journal.ts'
import { findMinimumMemories } from './memory-search.ts'
import { DEFAULT_OVERRIDES_FILE, importLine, writeOverrides } from './overrides-file.ts'
import { Performer } from './performer.ts'
import { Progress } from './progress.ts'
import { quarantinedKeys, readQuarantine, writeQuarantine } from './quarantine.ts'
import { writeReports } from './report-outputs.ts'
import { flakyTable } from './report-table.ts'
import { Sweep } from './sweep.ts'
import type { FlakyFileReport, FlakyReport, SweepSettings } from './types.ts'
import { judge } from './verdict.ts'
import { openVitest, type VitestSession } from './vitest-session.ts'

/**
 * `mydocker flaky`: sweeps, tells, and writes what was asked for.
 * @returns the exit status: 1 for findings that `--fail-on` names
 * @throws MydockerError stage `options` or `flaky`: nothing could be run
 */
export async function flaky(filters: readonly string[], options: FlakyOptions): Promise<number> {
  const failOn = parseFailOn(options.failOn)
  const known = options.quarantine === undefined ? undefined : readQuarantine(options.quarantine)
  await using session = await openVitest(selectionOf(filters, options))
  const found = await sweep(session, options)
  const keys = known === undefined ? [] : quarantinedKeys(known, found)
  const report: FlakyReport = { ...found, sweep: { ...found.sweep, quarantined: keys } }
  process.stdout.write(flakyTable(report, { columns: process.stdout.columns, stream: process.stdout }))
  warn(session)
  await write(report, options)
  return exitStatus(report, failOn)
}

async function sweep(session: VitestSession, options: FlakyOptions): Promise<FlakyReport> {
  const { run, recruits, vitest } = session
  const directory = stateDirectory(cacheDirectory(vitest)).sweeps
  const asked = await settingsOf(options, (event) => run.warn(event))
  const { settings, kept, journal } = begin(session, asked, options.resume, directory)
  const performer = new Performer(run)
  const progress = new Progress(process.stderr, settings.budget)
  const sweeping = new Sweep(
    {
      recruits,
      settings,
      perform: (...how) => performer.perform(...how),
      foresee: (runs) => run.containers.foresee(runs),
      onRun: (file, each) => {
        journal.add(file, each)
        progress.ran(sweeping, file, each)
      },
    },
    kept.files,
  )
  using signals = new EndSignals((isSecond) => sweeping.end('interrupted', isSecond))
  await sweeping.run()
  progress.end()
  refuseEmptiness(sweeping.files)
  const files = judge(sweeping.files, settings)
  const withMemory = wantsMemory(options)
    ? await findMinimumMemories({ files, session, performer, signal: signals.aborted, progress })
    : files
  progress.end()
  return {
    schemaVersion: 1,
    sweep: {
      id: kept.id,
      root: vitest.config.root,
      vitest: vitest.version,
      startTime: kept.startTime,
      endTime: Date.now(),
      state: sweeping.state,
      settings,
      totalRuns: sweeping.files.reduce((count, { runs }) => count + runs.length, 0),
      quarantined: [],
    },
    files: withMemory,
  }
}

interface Beginning {
  readonly settings: SweepSettings
  readonly kept: KeptSweep
  readonly journal: Journal
}

function begin({ recruits }: VitestSession, settings: SweepSettings, resume: boolean, directory: string): Beginning {
  if (resume) {
    const kept = readJournal(directory, settings, recruits)
    return { settings: kept.settings, kept, journal: Journal.goOn(directory, kept.id) }
  }
  const startTime = Date.now()
  const kept: KeptSweep = { id: runId(startTime, process.pid), startTime, settings, files: [] }
  return { settings, kept, journal: Journal.begin(directory, kept, recruits) }
}

/** Where no container can be made as it was asked for, nothing was found out. */
function refuseEmptiness(files: readonly Pick<FlakyFileReport, 'runs'>[]): void {
  const runs = files.flatMap((file) => file.runs)
  if (runs.length === 0 || runs.some(({ outcome }) => outcome !== 'void')) return
  throw new MydockerError({
    stage: 'flaky',
    message: `no file could be run: ${runs.find(({ message }) => message !== undefined)?.message ?? 'the sweep was ended before'}`,
    hint: 'See what this machine lacks: npx mydocker doctor.',
  })
}

function warn({ run }: VitestSession): void {
  const warnings = run.record.report.events.filter(({ type }) => type === 'Warning')
  for (const { reason, message } of warnings) say(`mydocker: ${reason}: ${message}\n`)
}

function wantsMemory({ minMemory, write: file }: FlakyOptions): boolean {
  return minMemory || file !== undefined
}

async function write(report: FlakyReport, options: FlakyOptions): Promise<void> {
  const { json, html, junit, markdown } = options
  const written = await writeReports(report, { json, html, junit, markdown }, process.cwd())
  for (const file of written) say(`mydocker: wrote ${file}\n`)
  if (options.write !== undefined) writeLimits(report, options.write)
  if (options.writeQuarantine !== undefined) {
    const { added, stale } = writeQuarantine(options.writeQuarantine, report)
    say(`mydocker: ${added} tests added to ${options.writeQuarantine}\n`)
    for (const key of stale) say(`mydocker: no longer flaky, or gone: ${key}\n`)
  }
}

function writeLimits(report: FlakyReport, file: string | true): void {
  const place = path.resolve(report.sweep.root, file === true ? DEFAULT_OVERRIDES_FILE : file)
  const entries = report.files.flatMap(({ file: name, minimumMemory }) =>
    minimumMemory === undefined ? [] : [{ file: name, memory: minimumMemory.recommended }],
  )
  writeOverrides(place, entries)
  say(
    `mydocker: wrote the limits of ${entries.length} files to ${place}; the configuration has them by\n  ${importLine(place)}\n`,
  )
}
