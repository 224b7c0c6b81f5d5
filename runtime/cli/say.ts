import { writeSync } from 'node:fs'

/**
 * Writes to standard error. Not by `process.stderr`: that makes a pipe non-blocking, for the command too that has inherited it.
 */
export function say(text: string): void {
  try {
    writeSync(2, text)
  } catch (error) {
    // Somebody else made it non-blocking, or nobody reads it any more.
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') process.stderr.write(text)
  }
}
