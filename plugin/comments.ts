/** A line of a source file, counted from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

/**
 * What follows a tag in the comments before the first statement of a file, with its lines. In a block comment that goes on
 * until an empty line, another tag, or the end, as in JSDoc; a line comment is a comment of its own.
 * @param tag with its `@`
 */
export function leadingTags(source: string, tag: string): Line[][] {
  const found: Line[][] = []
  for (const comment of leadingComments(source)) {
    let lines: Line[] | undefined
    for (const { number, text } of comment) {
      const [word] = text.split(/\s/, 1)
      if (word === tag) {
        lines = [{ number, text: text.slice(tag.length) }]
        found.push(lines)
      } else if (text === '' || text.startsWith('@')) lines = undefined
      else lines?.push({ number, text })
    }
  }
  return found
}

/** The comments before the first token of code, as lines without their decoration. */
function leadingComments(source: string): Line[][] {
  const comments: Line[][] = []
  const token = /\s+|\/\/(.*)|\/\*([\s\S]*?)\*\//y
  // A byte order mark and a `#!` line can only be first.
  token.lastIndex = /^\uFEFF?(?:#!.*)?/.exec(source)?.[0].length ?? 0
  let line = 1
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    const [whole, lineComment, blockComment] = match
    if (lineComment !== undefined) comments.push(undecorated(lineComment, line))
    if (blockComment !== undefined) comments.push(undecorated(blockComment, line))
    line += whole.split('\n').length - 1
  }
  return comments
}

function undecorated(comment: string, first: number): Line[] {
  return comment.split('\n').map((text, index) => ({ number: first + index, text: text.replace(/^\s*\**/, '').trim() }))
}
