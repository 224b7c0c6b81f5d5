import fs from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

// Taken at import: tests spy on node:fs.
const { existsSync } = fs

/** How Vite and Vitest say that a file is not there. */
const NOT_FOUND = /Failed to load url|Does the file exist|Cannot find (module|package)|ENOENT/
const EXTENSIONS = ['', '.js', '.mjs', '.cjs', '.json']

/**
 * Modules that a test writes and then imports. Vitest resolves and transforms imports in its main process, which does not see
 * what was written in the container; so where main says that there is no such file and here is one, the worker is told to
 * import it as Node does.
 */
export class GeneratedModules {
  /** The files that questions to main are about, by question. */
  readonly #asked = new Map<unknown, string[]>()

  /** Looks at a message to main. */
  ask(message: unknown, root: string): void {
    const args = field(message, 'a')
    if (field(message, 'm') !== 'fetch' || !Array.isArray(args)) return
    const [url, importer]: unknown[] = args
    if (typeof url !== 'string') return
    const places = candidates(url.replace(/[?#].*$/, ''), typeof importer === 'string' ? importer : undefined, root)
    if (places.length > 0) this.#asked.set(field(message, 'i'), places)
  }

  /** @returns main's answer, or a better one */
  answer(message: unknown): unknown {
    if (field(message, 't') !== 's' || typeof message !== 'object' || message === null) return message
    const id = field(message, 'i')
    const places = this.#asked.get(id)
    if (places === undefined) return message
    this.#asked.delete(id)
    const result = field(message, 'r')
    const external = field(result, 'externalize')
    const error = field(message, 'e')
    const isMissing =
      typeof external === 'string' ? isMissingFile(external) : NOT_FOUND.test(String(field(error, 'message') ?? ''))
    const file = isMissing ? places.flatMap(withExtensions).find(existsSync) : undefined
    if (file === undefined) return message
    const externalize = pathToFileURL(file).href
    return { t: 's', i: id, r: { type: 'module', ...Object(result), externalize } }
  }
}

function candidates(url: string, importer: string | undefined, root: string): string[] {
  if (url.startsWith('file://')) return [fileURLToPath(url)]
  if (url.startsWith('/@fs/')) return [url.slice('/@fs'.length)]
  // Vite writes paths below the root without it.
  if (url.startsWith('/')) return [url, join(root, url)]
  if (!url.startsWith('.') || importer === undefined) return []
  return [resolve(dirname(importer.startsWith('file://') ? fileURLToPath(importer) : importer), url)]
}

function withExtensions(path: string): string[] {
  return EXTENSIONS.map((extension) => path + extension)
}

function isMissingFile(external: string): boolean {
  if (external.startsWith('file://')) return !existsSync(fileURLToPath(external))
  return external.startsWith('/') && !existsSync(external.replace(/[?#].*$/, ''))
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
