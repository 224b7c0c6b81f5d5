import { expect, test } from 'vitest'
import { warmModules } from '../../plugin/warm-modules.ts'

const found: Readonly<Record<string, string>> = {
  react: '/project/node_modules/react/index.js',
  inlined: '/project/node_modules/inlined/index.js',
  'node:zlib': 'node:zlib',
}

/** Vitest's answers, as its main process gives them to workers. */
function methods(asked: unknown[][] = []) {
  return {
    resolve: async (...args: unknown[]) => {
      asked.push(['resolve', ...args])
      const id = found[String(args[0])]
      return id === undefined ? null : { id }
    },
    fetch: async (...args: unknown[]) => {
      asked.push(['fetch', ...args])
      if (String(args[0]).includes('inlined')) return { code: '' }
      return { externalize: args[0] }
    },
  }
}

test('packages that Node loads are found as the project finds them, in their order', async () => {
  const asked: unknown[][] = []
  const modules = await warmModules(['node:zlib', 'react'], '/project', 'node', methods(asked))
  expect([...modules.urls]).toEqual([
    ['node:zlib', 'node:zlib'],
    ['react', 'file:///project/node_modules/react/index.js'],
  ])
  expect(modules.problems).toEqual([])
  expect(asked).toContainEqual(['resolve', 'react', expect.stringMatching(/^\/project\//), 'ssr'])
})

test('a browser environment resolves as Vite does for browsers', async () => {
  const asked: unknown[][] = []
  await warmModules(['react'], '/project', 'jsdom', methods(asked))
  expect(asked.map((each) => each.at(-1))).toEqual(['client', 'client'])
})

test('what is missing, transformed or fails is named, and the others are loaded', async () => {
  const failing = {
    ...methods(),
    resolve: async (name: unknown) => {
      if (name === 'broken') throw new Error('a plugin failed')
      return methods().resolve(name)
    },
  }
  const { urls, problems } = await warmModules(['missing', 'inlined', 'broken', 'react'], '/project', 'node', failing)
  expect([...urls]).toEqual([['react', 'file:///project/node_modules/react/index.js']])
  expect(problems).toEqual([
    expect.stringMatching(/^warm: 'missing' cannot be found/),
    expect.stringMatching(/^warm: 'inlined' is transformed by Vite/),
    "warm: 'broken' cannot be loaded: a plugin failed",
  ])
})
