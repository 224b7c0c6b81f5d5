/** Test environments that come with Vitest; others are modules of the project. */
const BUILTIN_ENVIRONMENTS = new Set(['node', 'jsdom', 'happy-dom', 'edge-runtime'])

export function isBuiltinEnvironment(name: string): boolean {
  return BUILTIN_ENVIRONMENTS.has(name)
}

/** Vite's environment for the modules of a built-in test environment (`viteEnvironment`). */
export function viteEnvironment(name: string): string {
  return name === 'jsdom' || name === 'happy-dom' ? 'client' : 'ssr'
}
