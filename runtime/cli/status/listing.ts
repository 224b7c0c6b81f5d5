import type { KubernetesObject } from '../../status/kubernetes.ts'
import type { Cell, Heading } from '../../table.ts'

/** Things of one kind, as `get` shows them. */
export interface Listing {
  /** Kubernetes' name for one of them, in small letters: `pod`. */
  readonly kind: string
  readonly headings: readonly Heading[]
  readonly rows: readonly Row[]
}

export interface Row {
  readonly name: string
  readonly cells: readonly Cell[]
  readonly object: KubernetesObject
  /** What `--sort-by` compares: texts upwards, numbers from the largest. */
  readonly keys: Readonly<Record<string, string | number>>
}

/** One column of a listing, before it is known what is in the rows. */
export interface Column<Item> extends Heading {
  readonly cell: (item: Item) => Cell | string
  /** Shown with `-o wide` only. */
  readonly wide?: boolean | undefined
}

/** @param rest what a row has besides its cells */
export function makeListing<Item>(
  kind: string,
  columns: readonly Column<Item>[],
  items: readonly Item[],
  wide: boolean,
  rest: (item: Item) => Omit<Row, 'cells'>,
): Listing {
  const shown = columns.filter((column) => wide || column.wide !== true)
  const rows = items.map((item) => {
    const cells = shown.map(({ cell }) => {
      const content = cell(item)
      return typeof content === 'string' ? { text: content } : content
    })
    return { ...rest(item), cells }
  })
  return { kind, headings: shown.map(({ title, cut }) => ({ title, cut })), rows }
}

/** @param key of `Row.keys` */
export function sortRows(rows: readonly Row[], key: string): Row[] {
  return rows.toSorted((a, b) => {
    const [one, other] = [a.keys[key] ?? 0, b.keys[key] ?? 0]
    if (typeof one === 'number' && typeof other === 'number') return other - one
    return String(one).localeCompare(String(other))
  })
}
