import { stripVTControlCharacters, styleText } from 'node:util'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { formatTable } from '../../runtime/table.ts'
import { fit, printable } from '../../runtime/text.ts'

const headings = [{ title: 'NAME' }, { title: 'READY' }, { title: 'FILE', cut: 'start' as const }]
const rows = [
  [{ text: 'a' }, { text: '1/1' }, { text: 'tests/a.test.ts' }],
  [{ text: 'a-longer-name' }, { text: '0/1' }, { text: 'packages/shop/tests/checkout/写真.test.ts' }],
]

test('columns stand below each other, three spaces apart, with nothing after the last', () => {
  expect(formatTable(headings, rows)).toEqual([
    'NAME            READY   FILE',
    'a               1/1     tests/a.test.ts',
    'a-longer-name   0/1     packages/shop/tests/checkout/写真.test.ts',
  ])
})

test('what is too wide for a terminal is cut where it may be', () => {
  const lines = formatTable(headings, rows, { width: 50 })
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(50)
  expect(lines[2]).toBe('a-longer-name   0/1     …sts/checkout/写真.test.ts')
  expect(formatTable(headings, rows, { width: 10 })[1]).toBe('a               1/1     tests/a.test.ts')
})

test('colours change no widths', () => {
  const painted = rows.map(([name, ready, file]) => [
    { text: name?.text ?? '', paint: (text: string) => styleText('red', text, { validateStream: false }) },
    ...[ready, file].flatMap((cell) => cell ?? []),
  ])
  const lines = formatTable(headings, painted, { headings: false })
  expect(lines[0]).toContain('\x1b[31m')
  expect(lines.map((line) => stripVTControlCharacters(line))).toEqual(formatTable(headings, rows, { headings: false }))
})

test('texts are cut at either end, by what a terminal shows of them', () => {
  expect(fit('写真写真', 5)).toBe('写真…')
  expect(fit('写真写真', 5, 'start')).toBe('…写真')
  expect(fit('👩‍👩‍👧‍👦 family', 4)).toBe('👩‍👩‍👧‍👦 …')
  expect(fit('abc', 3)).toBe('abc')
  expect(fit('abc', 0)).toBe('')
  expect(printable('a\x1b[2Jb\nc\u0007')).toBe('a�[2Jb c�')
})
