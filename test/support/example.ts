import { readdirSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withTestStart } from './config.ts'
import type { Platform } from './platforms.ts'
import { type Files, makeProject, type Project } from './project.ts'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

/** A copy of the example, as a user would make one. */
export async function exampleProject(platform: Platform, name: string): Promise<Project> {
  const { 'vitest.config.ts': config = '', ...files } = exampleFiles(name)
  const project = await makeProject(platform, { ...files, 'vitest.config.ts': withTestStart(config) })
  await mkdir(project.path('tmp'))
  return project
}

/** As they are. */
export function exampleFiles(name: string): Files {
  const directory = join(examples, name)
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(files.map((file) => [file.slice(directory.length + 1), readFileSync(file, 'utf8')]))
}
