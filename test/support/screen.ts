import headless from '@xterm/headless'

/** What a terminal shows after it has been sent this, without trailing spaces and empty rows at the end. */
export async function screenOf(output: string, { rows = 33, columns = 101 } = {}): Promise<string[]> {
  const terminal = new headless.Terminal({ rows, cols: columns, scrollback: 1000, allowProposedApi: true })
  await new Promise<void>((resolve) => terminal.write(output, resolve))
  const { active } = terminal.buffer
  const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
  terminal.dispose()
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
}
