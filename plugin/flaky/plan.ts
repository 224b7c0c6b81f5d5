import type { RunConditions, SweepFile, SweepSettings } from './types.ts'
export function nextRuns(file: SweepFile, settings: SweepSettings): RunConditions[] {
  return file.runs.length >= settings.runs
    ? []
    : Array.from({ length: Math.min(4, settings.runs - file.runs.length) }, (_, i) => ({
        seed: settings.seed + file.runs.length + i,
      }))
}
