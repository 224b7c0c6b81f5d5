import Table from 'cli-table3'
import stringWidth from 'string-width'
import { fit } from './text.ts'

export interface Heading {
  readonly title: string
  /** From where a cell is cut when a terminal is too narrow; such a column gives way to the others. */
  readonly cut?: 'start' | 'end' | undefined
}

export interface Cell {
  readonly text: string
  readonly paint?: ((text: string) => string) | undefined
}

export interface TableOptions {
  /** Columns of the terminal. Undefined: all of every cell, as long as that is. */
  readonly width?: number | undefined
  readonly headings?: boolean | undefined
  /** Rows that the columns have room for too: of a table that goes on. */
  readonly alike?: readonly (readonly Cell[])[] | undefined
}

/** Between columns, as kubectl has it. */
const GAP = 3
/** A column that gives way keeps as much as says something. */
const CUT_LEAST = 16
const WITHOUT_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((place) => [`${side}${place}`, '']),
  ),
)

/** Lines of a table without rules, in the plain style of kubectl. */
export function formatTable(
  headings: readonly Heading[],
  rows: readonly (readonly Cell[])[],
  { width, headings: withHeadings = true, alike = [] }: TableOptions = {},
): string[] {
  const titles = headings.map(({ title }) => ({ text: title }))
  const shown: readonly (readonly Cell[])[] = withHeadings ? [titles, ...rows] : rows
  if (shown.length === 0) return []
  const widths = columnWidths(headings, [titles, ...rows, ...alike], width)
  const table = new Table({
    chars: { ...WITHOUT_LINES, middle: '' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colWidths: widths.map((columns) => columns + GAP),
  })
  for (const row of shown) {
    table.push(
      headings.map(({ cut }, index) => {
        const { text, paint } = row[index] ?? { text: '' }
        const fitting = fit(text, widths[index] ?? 0, cut)
        return paint === undefined ? fitting : paint(fitting)
      }),
    )
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

function columnWidths(
  headings: readonly Heading[],
  rows: readonly (readonly Cell[])[],
  most: number | undefined,
): number[] {
  const widths = headings.map((_, index) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(row[index]?.text ?? '')), 0),
  )
  if (most === undefined) return widths
  // The widest gives way first, until the table fits or nothing is left to give.
  for (;;) {
    const excess = widths.reduce((sum, columns) => sum + columns, GAP * (widths.length - 1)) - most
    const flexible = headings.flatMap(({ cut }, index) =>
      cut !== undefined && (widths[index] ?? 0) > CUT_LEAST ? [index] : [],
    )
    const [widest] = flexible.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))
    if (excess <= 0 || widest === undefined) return widths
    widths[widest] = (widths[widest] ?? 0) - 1
  }
}
