import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { MydockerError, messageOf } from '../runtime/errors.ts'

const MOST_OUTPUT_BYTES = 64 * 2 ** 20

/**
 * Files that are new or have changed since a commit: in commits after it, in the work tree, and those that git does not know yet but
 * does not ignore either.
 * @param root a directory of the work tree
 * @param since a revision; absent: the branch that CI is to merge into, else the last commit
 * @returns absolute paths
 * @throws MydockerError stage `options`: there is no git repository, or no such revision in it
 */
export async function changedFiles(root: string, since: string | undefined): Promise<ReadonlySet<string>> {
  const base = since ?? baseOfCi(process.env) ?? 'HEAD'
  const top = (await git(root, 'rev-parse', '--show-toplevel')).trim()
  // What others have changed on that branch in the meantime is not ours.
  const from = (await git(root, 'merge-base', base, 'HEAD')).trim()
  const changed = await git(top, 'diff', '--name-only', '-z', from)
  const untracked = await git(top, 'ls-files', '--others', '--exclude-standard', '-z')
  const names = `${changed}${untracked}`.split('\0').filter((name) => name !== '')
  return new Set(names.map((name) => resolve(top, name)))
}

/** GitHub Actions and GitLab CI say what a pull request is to be merged into. */
export function baseOfCi({ GITHUB_BASE_REF, CI_MERGE_REQUEST_DIFF_BASE_SHA }: NodeJS.ProcessEnv): string | undefined {
  if (GITHUB_BASE_REF) return `origin/${GITHUB_BASE_REF}`
  return CI_MERGE_REQUEST_DIFF_BASE_SHA || undefined
}

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', directory, ...args], { maxBuffer: MOST_OUTPUT_BYTES })
    return stdout
  } catch (error) {
    throw new MydockerError({
      stage: 'options',
      message: `flaky.onlyChanged: git cannot tell what has changed: git ${args.join(' ')}: ${messageOf(error).split('\n').at(1) ?? messageOf(error)}`,
      path: directory,
      hint: 'It needs a git repository with the commit that changes are counted from (flaky.changedSince; in GitHub Actions: actions/checkout with fetch-depth: 0).',
    })
  }
}
