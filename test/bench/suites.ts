import type { Files } from '../support/project.ts'
import { workFor } from './cpu-work.ts'

export const suiteNames = ['small', 'jsdom', 'imports', 'cpu', 'many'] as const
export type SuiteName = (typeof suiteNames)[number]

/** A project's tests, generated. Every file has one test. */
export interface Suite {
  readonly name: SuiteName
  readonly files: number
  readonly contents: Files
  /** More of `test: { … }` in the configuration, as source. */
  readonly config: string
  /** The packages that its files load: what a user would name in the plugin's option `warm`. */
  readonly warm: readonly string[]
}

/** Numbers of files: what the issue of this benchmark asks for, and what a first look needs. */
const sizes: Readonly<Record<SuiteName, { readonly full: number; readonly quick: number }>> = {
  small: { full: 100, quick: 20 },
  jsdom: { full: 50, quick: 8 },
  imports: { full: 50, quick: 8 },
  cpu: { full: 8, quick: 4 },
  many: { full: 1000, quick: 100 },
}

const small = `
import { expect, test } from 'vitest'

test('adds', () => {
  expect(1 + 1).toBe(2)
})
`

const counter = `
import { useState } from 'react'

export function Counter({ label }: { label: string }) {
  const [count, setCount] = useState(0)
  return (
    <section aria-label={label}>
      <output>{count}</output>
      <ul>{Array.from({ length: count }, (_, index) => <li key={index}>{index}</li>)}</ul>
      <button type="button" onClick={() => setCount(count + 1)}>more</button>
    </section>
  )
}
`

const rendering = `
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Counter } from '../src/counter.tsx'

// By itself the library does so for the first file of a worker only.
afterEach(cleanup)

test('counts', () => {
  render(<Counter label="counter" />)
  fireEvent.click(screen.getByRole('button', { name: 'more' }))
  expect(screen.getByRole('status').textContent).toBe('1')
  expect(screen.getAllByRole('listitem')).toHaveLength(1)
})
`

// Pure JavaScript, together some 200 ms of loading: zod's schemas in every language, rxjs' hundreds of modules.
const importing = `
import { firstValueFrom, from, map, toArray } from 'rxjs'
import { expect, test } from 'vitest'
import { z } from 'zod'

test('parses a stream', async () => {
  const numbers = from(['1', '2']).pipe(map((text) => z.coerce.number().parse(text)), toArray())
  expect(await firstValueFrom(numbers)).toEqual([1, 2])
})
`

/** @param node the binary that will run it, for which pure work is measured out */
export async function makeSuite(name: SuiteName, { quick, node }: { quick: boolean; node: string }): Promise<Suite> {
  const files = sizes[name][quick ? 'quick' : 'full']
  switch (name) {
    case 'small':
    case 'many':
      return { name, files, contents: copies(files, 'test.ts', small), config: '', warm: [] }
    case 'jsdom': {
      const sources = {
        'src/counter.tsx': counter,
        'tsconfig.json': '{ "compilerOptions": { "jsx": "react-jsx" } }\n',
      }
      const contents = { ...sources, ...copies(files, 'test.tsx', rendering) }
      return {
        name,
        files,
        contents,
        config: `environment: 'jsdom'`,
        warm: ['react', 'react-dom', '@testing-library/react'],
      }
    }
    case 'imports':
      return { name, files, contents: copies(files, 'test.ts', importing), config: '', warm: ['rxjs', 'zod'] }
    case 'cpu': {
      const work = await workFor(node, quick ? 500 : 2000)
      return { name, files, contents: copies(files, 'test.ts', work), config: 'testTimeout: 120_000', warm: [] }
    }
  }
}

function copies(count: number, extension: string, content: string): Files {
  const names = Array.from({ length: count }, (_, index) => `test/${String(index).padStart(4, '0')}.${extension}`)
  return Object.fromEntries(names.map((name) => [name, content]))
}
