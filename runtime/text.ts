import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter()

/** Cuts a text that is wider than a number of columns of a terminal, and marks the cut: the end by default, of a path rather the start. */
export function fit(text: string, columns: number, cut: 'start' | 'end' = 'end'): string {
  if (stringWidth(text) <= columns) return text
  if (columns < 1) return ''
  const characters = [...graphemes.segment(text)].map(({ segment }) => segment)
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

/** Breaks at spaces, and within a word that no line could hold. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).flatMap((long) => chunks(long, columns))) {
    if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function chunks(word: string, columns: number): string[] {
  if (stringWidth(word) <= columns) return [word]
  const parts: string[] = []
  let part = ''
  for (const { segment } of graphemes.segment(word)) {
    if (part !== '' && stringWidth(part + segment) > columns) {
      parts.push(part)
      part = ''
    }
    part += segment
  }
  return [...parts, part]
}
