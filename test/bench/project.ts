import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { Files } from '../support/project.ts'
import type { Installation } from './installation.ts'

/** A generated project; removed when it is disposed of. */
export interface Project extends AsyncDisposable {
  readonly installation: Installation
  readonly directory: string
  path(name: string): string
  /** The environment of a terminal, without what npm has added to ours. */
  readonly env: NodeJS.ProcessEnv
}

export async function makeProject(installation: Installation, contents: Files): Promise<Project> {
  await mkdir(join(installation.directory, 'projects'), { recursive: true })
  const directory = await mkdtemp(join(installation.directory, 'projects/project-'))
  const files = { 'package.json': '{ "private": true, "type": "module" }\n', ...contents }
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), content)
  }
  const { PATH, LANG, TMPDIR, USER, HOME } = process.env
  const kept = Object.entries({ LANG, TMPDIR, USER, HOME }).filter(([, value]) => value !== undefined)
  return {
    installation,
    directory,
    path: (name) => join(directory, name),
    env: { ...Object.fromEntries(kept), PATH: `${dirname(installation.node)}:${PATH}`, NO_COLOR: '1' },
    [Symbol.asyncDispose]: async () => await rm(directory, { recursive: true, force: true }),
  }
}
