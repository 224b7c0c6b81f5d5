import process from 'node:process'
import type { TestProject } from 'vitest/node'
import { nodeBinary, platforms } from './platforms.ts'
import { toolbox } from './toolbox.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of each Vitest's toolbox. */
    toolboxes: { '4.1': string; '5.1': string }
  }
}

/** Vitest's `globalSetup`: downloads and installs what the end-to-end tests need, once. */
export default async function prepare(project: TestProject): Promise<void> {
  process.stderr.write('Preparing the Vitest installations (a minute when nothing is cached) …\n')
  const toolboxes = { '4.1': await toolbox('4.1'), '5.1': await toolbox('5.1') }
  for (const { node } of platforms) await nodeBinary(node)
  project.provide('toolboxes', toolboxes)
}
