import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { MydockerError, messageOf } from '../../runtime/errors.ts'

/**
 * Writes a file as a whole, so that nobody sees half of it, and what was there stays when it cannot be done.
 * @throws MydockerError stage `flaky`
 */
export function replaceFile(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(draft, text)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw new MydockerError({ stage: 'flaky', message: `a file cannot be written: ${messageOf(error)}`, path: file })
  }
}
