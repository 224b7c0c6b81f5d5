import { finished } from 'node:stream/promises'
import { isatty } from 'node:tty'
import type { Container } from '../container.ts'
import { MydockerError } from '../errors.ts'
import { setRaw } from '../native.ts'

const STDIN = 0
/** What a terminal sends for Ctrl-D: the end of input (termios(3), VEOF). */
const END_OF_INPUT = '\x04'

export interface AttachedTerminal {
  /** To be called when the container has ended: relays what it still had to say, and gives our terminal back as it was. */
  detach(): Promise<void>
}

/** Relays between our standard streams and the container's own terminal (`stdio: 'terminal'`). */
export function attachTerminal(container: Container): AttachedTerminal {
  const { stdin, stdout } = process
  const inner = { input: container.stdin, output: container.stdout }
  const resize = (): void => {
    if (stdout.isTTY && stdout.rows > 0) container.resizeTerminal({ rows: stdout.rows, columns: stdout.columns })
  }
  const type = (chunk: Buffer): void => {
    if (inner.input?.writable && !inner.input.write(chunk)) stdin.pause()
  }
  const goOn = (): void => {
    stdin.resume()
  }
  const endInput = (): void => {
    if (inner.input?.writable) inner.input.write(END_OF_INPUT)
  }
  // After a stop the shell has given the terminal back in its own mode.
  const resume = (): void => {
    restoreMode()
    makeRaw()
    resize()
  }
  process.on('SIGCONT', resume)
  stdout.on('resize', resize)
  // A terminal that hangs up ends in EIO: the SIGHUP that comes with it is what counts.
  stdin.on('error', endInput).on('data', type).once('end', endInput)
  stdout.on('error', () => container.signal('SIGHUP'))
  inner.input?.on('drain', goOn)
  inner.output?.pipe(stdout, { end: false })
  makeRaw()
  process.once('exit', restoreMode)
  resize()

  return {
    async detach() {
      if (inner.output) await finished(inner.output, { writable: false }).catch(() => {})
      stdout.off('resize', resize)
      process.off('SIGCONT', resume).off('exit', restoreMode)
      restoreMode()
      stdin.off('end', endInput).destroy()
    },
  }
}

/** Every key goes inside, where the container's own terminal makes a signal of Ctrl-C. */
function makeRaw(): void {
  if (isatty(STDIN)) setRaw(STDIN, true)
}

/** To be called after `makeRaw`. */
function restoreMode(): void {
  try {
    if (isatty(STDIN)) setRaw(STDIN, false)
  } catch (error) {
    // The terminal has hung up: it has no mode any more.
    if (!(error instanceof MydockerError)) throw error
  }
}
