import type { HermeticWatch, Trace } from '../messages.ts'
import { watchEnvironment } from './environment-reads.ts'
import { watchLocalTime } from './local-time.ts'
import { watchConnections, watchLookUps } from './network-use.ts'
import type { Outbox } from './outbox.ts'

/**
 * Looks at what the file does that a hermetic test would not, as far as only its own process sees it. For the rest of the process's
 * life, and before any code of the project runs. What it tells is for people who want to know: code that hides something can.
 */
export function watchHermeticity(watch: HermeticWatch, outbox: Outbox): void {
  const tell = (trace: Trace): void => outbox.postPlain(trace)
  const variables = watchEnvironment(watch, (name) => tell({ mydocker: 'read-variable', name }))
  const isZoneDeclared = (): boolean => variables.isDeclared('TZ')
  if (!isZoneDeclared()) watchLocalTime(isZoneDeclared, (what) => tell({ mydocker: 'used-local-time', what }))
  watchLookUps((hostname) => tell({ mydocker: 'looked-up', hostname }))
  if (watch.isOnHostNetwork)
    watchConnections((address, port, isLocal) => tell({ mydocker: 'connected', address, port, isLocal }))
}
