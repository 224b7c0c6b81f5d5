import type { Container } from '../container.ts'

/** Signals that ask for an end, and signals that mean whatever the command takes them for. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
const OTHERS = ['SIGUSR1', 'SIGUSR2'] as const

/**
 * Passes the signals that we get on to the command. Whoever asks for an end a second time gets it: the container is killed.
 * @returns a function that gives the signals their usual effect again
 */
export function forwardSignals(container: Container): () => void {
  let asked = false
  const end = (signal: NodeJS.Signals): void => {
    if (asked) container.kill()
    else container.signal(signal)
    asked = true
  }
  const pass = (signal: NodeJS.Signals): void => container.signal(signal)
  for (const signal of ENDING) process.on(signal, end)
  for (const signal of OTHERS) process.on(signal, pass)
  return () => {
    for (const signal of ENDING) process.off(signal, end)
    for (const signal of OTHERS) process.off(signal, pass)
  }
}
