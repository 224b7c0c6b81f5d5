import { readdirSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withTestStart } from './config.ts'
import type { Platform } from './platforms.ts'
import { makeProject, type Project } from './project.ts'

const examples = fileURLToPath(new URL('../../examples', import.meta.url))

/** A copy of the example, as a user would make one. */
export async function exampleProject(platform: Platform, name: string): Promise<Project> {
  const directory = join(examples, name)
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
  const contents = files.map((file) => {
    const source = readFileSync(file, 'utf8')
    return [
      file.slice(directory.length + 1),
      file.endsWith('/vitest.config.ts') ? withTestStart(source) : source,
    ] as const
  })
  const project = await makeProject(platform, Object.fromEntries(contents))
  await mkdir(project.path('tmp'))
  return project
}
