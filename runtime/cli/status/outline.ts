import stringWidth from 'string-width'

/** A label with a text, or with what belongs to it; a text without label is a line of its own. */
export interface Entry {
  readonly label?: string | undefined
  readonly text?: string | undefined
  /** Whether the text goes on with that of the entry before. */
  readonly isContinued?: boolean | undefined
  readonly entries?: readonly Entry[] | undefined
}

const GAP = 2
const INDENT = 2

/** `kubectl describe`: labels to the left, texts below each other, what belongs to a label indented below it. */
export function formatOutline(entries: readonly Entry[], indent = 0): string[] {
  const margin = ' '.repeat(indent)
  const labels = entries.flatMap(({ label, text }) =>
    label === undefined || text === undefined ? [] : [stringWidth(label)],
  )
  const column = Math.max(0, ...labels) + 1 + GAP
  return entries.flatMap(({ label, text, isContinued = false, entries: inner = [] }) => {
    const head = label === undefined ? '' : `${label}:`
    const line = text === undefined ? head : `${head !== '' || isContinued ? head.padEnd(column) : ''}${text}`
    return [...(line === '' ? [] : [`${margin}${line}`]), ...formatOutline(inner, indent + INDENT)]
  })
}

/** An entry whose text may not be known. */
export function entry(label: string, text: string | number | undefined): Entry[] {
  return text === undefined ? [] : [{ label, text: String(text) }]
}

/** A label with one line for each text; none without any. */
export function list(label: string, texts: readonly string[] | undefined): Entry[] {
  return texts === undefined || texts.length === 0 ? [] : [{ label, entries: texts.map((text) => ({ text })) }]
}
