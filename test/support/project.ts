import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { inject } from 'vitest'
import { command } from './command.ts'
import { nodeBinary, type Platform } from './platforms.ts'

/** A user's project in a temporary directory. Gone when the test file is done. */
export interface Project {
  readonly platform: Platform
  readonly directory: string
  /** A home directory for whoever runs Vitest here. */
  readonly home: string
  /** Absolute paths of node and of Vitest's command. */
  readonly node: string
  readonly vitest: string
  /** Our own command, as npm installed it. */
  readonly mydocker: string
  path(name: string): string
  write(files: Files): Promise<void>
  /** Makes it a git repository in which everything there is is committed. */
  commit(): Promise<void>
  git(...args: string[]): Promise<string>
}

/** Contents by relative path. */
export type Files = Readonly<Record<string, string>>

export interface ProjectOptions {
  /**
   * `home` (default): in the user's cache directory, `node_modules` found by walking up.
   * `tmp`: in the system's temporary directory, which containers cover, with a `node_modules` of its own.
   */
  readonly place?: 'home' | 'tmp' | undefined
}

const made = new Set<string>()

export async function makeProject(platform: Platform, files: Files, options: ProjectOptions = {}): Promise<Project> {
  return await makeProjectIn(inject('toolboxes')[platform.vitest], platform, files, options)
}

/** The same for who is no test. @param toolbox directory of its Vitest's, see toolbox.ts */
export async function makeProjectIn(
  toolbox: string,
  platform: Platform,
  files: Files,
  { place = 'home' }: ProjectOptions = {},
): Promise<Project> {
  const room = place === 'home' ? await roomBelow(toolbox) : await roomInTmp(toolbox)
  const directory = join(room, 'project')
  const home = join(room, 'home')
  await mkdir(directory)
  await mkdir(home)
  if (place === 'tmp') await command('mv', [join(room, 'node_modules'), directory])
  const modules = join(place === 'home' ? toolbox : directory, 'node_modules')
  const project: Project = {
    platform,
    directory,
    home,
    node: await nodeBinary(platform.node),
    vitest: join(modules, 'vitest/vitest.mjs'),
    mydocker: join(modules, '.bin/mydocker'),
    path: (name) => join(directory, name),
    async write(contents) {
      for (const [name, content] of Object.entries(contents)) {
        await mkdir(dirname(join(directory, name)), { recursive: true })
        await writeFile(join(directory, name), content)
      }
    },
    async commit() {
      await this.git('init', '--quiet', '--initial-branch=main')
      await this.git('add', '--all')
      await this.git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message=start')
    },
    git: async (...args) => await command('git', args, { cwd: directory, env: { ...process.env, HOME: home } }),
  }
  await project.write({
    'package.json': `${JSON.stringify({ name: 'project', private: true, type: 'module' })}\n`,
    '.gitignore': 'node_modules/\n',
    ...files,
  })
  return project
}

/** Removes every project that this test file made. */
export async function removeProjects(): Promise<void> {
  for (const room of made) {
    if (process.env.MYDOCKER_KEEP_PROJECTS) process.stderr.write(`kept: ${room}\n`)
    else await rm(room, { recursive: true, force: true })
  }
  made.clear()
}

async function roomBelow(toolbox: string): Promise<string> {
  const room = join(toolbox, 'projects', randomBytes(6).toString('hex'))
  await mkdir(room, { recursive: true })
  made.add(room)
  return room
}

async function roomInTmp(toolbox: string): Promise<string> {
  const room = await mkdtemp(join(tmpdir(), 'project-'))
  made.add(room)
  // Hard links where the file system allows them: 150 MB are not worth copying.
  const linked = await command('cp', ['-al', join(toolbox, 'node_modules'), room]).then(
    () => true,
    () => false,
  )
  if (!linked) {
    await rm(join(room, 'node_modules'), { recursive: true, force: true })
    await command('cp', ['-a', join(toolbox, 'node_modules'), room])
  }
  return room
}
