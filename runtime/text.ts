// Version 4, which cli-table3 measures by too; later ones take three times as long to load.
import stringWidth from 'string-width'

/** Cuts a text that is wider than a number of columns of a terminal, and marks the cut: the end by default, of a path rather the start. */
export function fit(text: string, columns: number, cut: 'start' | 'end' = 'end'): string {
  if (stringWidth(text) <= columns) return text
  if (columns < 1) return ''
  const characters = charactersOf(text)
  if (cut === 'start') characters.reverse()
  let kept = ''
  let width = 1
  for (const character of characters) {
    width += stringWidth(character)
    if (width > columns) break
    kept = cut === 'start' ? character + kept : kept + character
  }
  return cut === 'start' ? `…${kept}` : `${kept}…`
}

/** What a test may have chosen (a file's name, the command line of a process) without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? ' ' : '�'))
}

/** A space at which `wrap` does not break. */
export const NO_BREAK = '\u00a0'

/** Breaks at spaces, and within a word that no line could hold. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/[^\S\u00a0]+/).flatMap((long) => chunks(long, columns))) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((whole) => whole.replaceAll(NO_BREAK, ' '))
}

function chunks(word: string, columns: number): string[] {
  if (stringWidth(word) <= columns) return [word]
  const parts: string[] = []
  let part = ''
  for (const character of charactersOf(word)) {
    if (part !== '' && stringWidth(part + character) > columns) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part]
}

/** What a reader takes for one character each. */
function charactersOf(text: string): string[] {
  if (/^[\x20-\x7e]*$/.test(text)) return [...text]
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
}
