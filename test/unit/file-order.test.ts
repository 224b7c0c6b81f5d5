import { describe, expect, test } from 'vitest'
import { largestFirst, type Planned } from '../../plugin/file-order.ts'

const NODE = { memory: 100, cpu: 2000 }

interface File extends Planned {
  readonly name: string
}

function file(
  name: string,
  memory: number | undefined,
  duration?: number,
  more: { cpu?: number; section?: string } = {},
): File {
  const { cpu = 0, section = '' } = more
  return { name, section, requests: memory === undefined ? undefined : { memory, cpu }, duration }
}

const order = (files: readonly File[], workers = 2): string[] =>
  largestFirst(files, NODE, workers).map(({ name }) => name)

describe('the order of files', () => {
  test('is Vitest’s while any that may run at once fit', () => {
    const files = [file('a', 10, 1), file('b', 50, 100), file('c', 50, 5)]
    expect(order(files)).toEqual(['a', 'b', 'c'])
    expect(order(files, 3)).toEqual(['b', 'c', 'a'])
  })

  test('begins with what holds the most for the longest', () => {
    expect(order([file('short', 60, 10), file('long', 60, 100), file('small', 1, 300)])).toEqual([
      'long',
      'short',
      'small',
    ])
  })

  test('looks at the resource that is scarcest for a file', () => {
    const files = [file('memory', 50, 10), file('cpu', 1, 10, { cpu: 1500 }), file('both', 40, 10, { cpu: 700 })]
    expect(order(files)).toEqual(['cpu', 'memory', 'both'])
  })

  test('takes a file that has never run for one like the others', () => {
    expect(order([file('quick', 60, 1), file('new', 60), file('usual', 50, 10), file('slow', 60, 100)])).toEqual([
      'slow',
      'new',
      'usual',
      'quick',
    ])
    expect(order([file('small', 51), file('large', 90)])).toEqual(['large', 'small'])
  })

  test('never moves a file out of its project', () => {
    const files = [
      file('a', 60, 1, { section: 'one' }),
      file('b', 60, 9, { section: 'one' }),
      file('c', 60, 99, { section: 'two' }),
    ]
    expect(order(files)).toEqual(['b', 'a', 'c'])
  })

  test('puts what need not be admitted last', () => {
    expect(order([file('forks', undefined, 100), file('a', 60, 1), file('b', 60, 2)])).toEqual(['b', 'a', 'forks'])
  })
})
