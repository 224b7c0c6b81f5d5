export interface Excess {
  readonly docblock?: string
  /** Body of a test. */
  readonly body: string
  /** That test's failure; without one it passes. */
  readonly failure?: RegExp
  /** The failure of its file, when that is not the test's. */
  readonly fileFailure?: RegExp
}

/** What a file does too much of. */
const EXCESSES: Readonly<Record<string, Excess>> = {
  'it stops itself': {
    docblock: 'activeDeadlineSeconds=2',
    body: `process.kill(process.pid, 'SIGSTOP')`,
    failure: /DeadlineExceeded/,
  },
  'no room is left for files': {
    docblock: 'limits.ephemeral-storage=8Mi',
    body: `expect(() => { for (;;) fs.appendFileSync('/var/tmp/full', Buffer.alloc(1 << 20)) }).toThrow(/ENOSPC/)`,
    fileFailure: /ephemeral local storage usage exceeds the total limit of containers 8Mi/,
  },
  'no room is left in /dev/shm': {
    docblock: 'limits.ephemeral-storage=8Mi',
    body: `expect(() => { for (;;) fs.appendFileSync('/dev/shm/full', Buffer.alloc(1 << 20)) }).toThrow(/ENOSPC/)`,
    fileFailure: /ephemeral local storage usage exceeds the total limit of containers 8Mi/,
  },
  'no descriptor is left': {
    body: `expect(() => { for (;;) fs.openSync('/dev/null') }).toThrow(/EMFILE/)`,
  },
  'a bomb of forks': {
    docblock: 'limits.pids=64',
    // Whoever cannot fork ends; the first one surely cannot at last.
    body: `expect(spawnSync('/usr/bin/perl', ['-e', 'while (1) { defined(fork) or exit 7 }']).status).toBe(7)`,
  },
  'it closes its channel': {
    body: `fs.closeSync(3); await forEver`,
    failure: /closed its channel|ended with exit code 1/,
  },
  'it writes garbage into its channel': {
    body: `fs.writeSync(3, Buffer.from([0, 0, 0, 4, 255, 255, 255, 255])); await forEver`,
    failure: /sent what is no message/,
  },
  'it announces more than anybody can send': {
    body: `fs.writeSync(3, Buffer.alloc(8, 255)); await forEver`,
    failure: /a frame of 4294967295 bytes/,
  },
  'it floods its channel': {
    body: `const flood = Buffer.alloc(1 << 20, 'x'); for (;;) { try { fs.writeSync(3, flood) } catch (error) { if (error.code !== 'EAGAIN') throw error } }`,
    failure: /a frame of 2021161080 bytes/,
  },
  'it ends the session of its process': {
    body: `process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); process.kill(0, 'SIGTERM'); process.kill(0, 'SIGHUP')`,
  },
  'it kills everything that it can': { body: `expect(() => process.kill(-1, 'SIGKILL')).toThrow(/ESRCH/)` },
}
export const excesses = Object.entries(EXCESSES).map(([name, excess], index) => ({
  name,
  excess,
  file: `excess-${index}.test.ts`,
}))

/** @returns the source of such a file */
export const excessive = ({ docblock, body }: Excess): string =>
  `
  ${docblock === undefined ? '' : `// @mydocker ${docblock}`}
  import { spawnSync } from 'node:child_process'
  import fs from 'node:fs'
  import { expect, test } from 'vitest'
  const forEver = new Promise(() => {})
  test('does it', async () => { ${body} })`.trimStart()
