import { createHash } from 'node:crypto'
import type { SweepFile } from './types.ts'

/** As many as a person can type. */
const SEEDS = 1_000_000

/** A number that is the same whenever a file is swept with the same seed, and another one for each purpose. */
export function randomOf(
  seed: number,
  { project, file }: Pick<SweepFile, 'project' | 'file'>,
  purpose: string,
): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, project, file, purpose]))
    .digest()
  return digest.readUInt32LE(0) % SEEDS
}
