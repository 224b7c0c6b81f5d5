import { styleText } from 'node:util'

type Paint = (text: string) => string

/** Colour of a pod's or run's STATUS; undefined for what is as it should be. */
export function paintStatus(status: string): Paint | undefined {
  if (status === 'Completed') return green
  if (status === 'Pending' || status === 'ContainerCreating' || status === 'Unknown') return yellow
  if (status === 'Running') return undefined
  return red
}

/** Colour of an event's TYPE. */
export function paintType(type: string): Paint | undefined {
  return type === 'Warning' ? yellow : undefined
}

const green: Paint = (text) => styleText('green', text)
const yellow: Paint = (text) => styleText('yellow', text)
const red: Paint = (text) => styleText('red', text)
