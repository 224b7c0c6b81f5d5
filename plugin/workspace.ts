import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * The directory that holds a monorepo's packages, or the root itself outside of one, by the rules of Vite's
 * `searchForWorkspaceRoot` (vite/src/node/server/searchRoot.ts): the nearest ancestor with pnpm-workspace.yaml, lerna.json, or
 * `workspaces` in package.json.
 */
export function workspaceRoot(root: string): string {
  for (let directory = root; ; directory = dirname(directory)) {
    if (isWorkspace(directory)) return directory
    if (directory === dirname(directory)) return root
  }
}

/** Where tests may leave snapshots and persisted files. */
export function writableRoots(root: string): string[] {
  return [...new Set([root, workspaceRoot(root)])]
}

/** Every `node_modules` in which Node looks for what a file of this directory imports. */
export function modulesAbove(directory: string): string[] {
  const parent = dirname(directory)
  const modules = basename(directory) === 'node_modules' ? directory : join(directory, 'node_modules')
  return [...(existsSync(modules) ? [modules] : []), ...(parent === directory ? [] : modulesAbove(parent))]
}

function isWorkspace(directory: string): boolean {
  if (existsSync(join(directory, 'pnpm-workspace.yaml')) || existsSync(join(directory, 'lerna.json'))) return true
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    return typeof manifest === 'object' && manifest !== null && 'workspaces' in manifest
  } catch {
    // No package.json, or one that only its owner can explain.
    return false
  }
}
