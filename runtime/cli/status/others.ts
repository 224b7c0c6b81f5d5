import { createHash } from 'node:crypto'
import { formatAge, formatDuration } from '../../duration.ts'
import { formatBytes, formatCpu } from '../../quantity.ts'
import { isAdmitted, lastMoment, requestedMemory } from '../../status/facts.ts'
import { eventObject, NODE_NAME, nodeObject, runObject, runWord } from '../../status/kubernetes.ts'
import type { StoredRun } from '../../status/stored-runs.ts'
import type { PodEvent, PodStatus } from '../../status/types.ts'
import { printable } from '../../text.ts'
import { type Column, type Listing, makeListing } from './listing.ts'
import { paintStatus, paintType } from './paint.ts'

/** `mydocker get runs`. */
export function listRuns(runs: readonly StoredRun[], wide: boolean): Listing {
  const columns: Column<StoredRun>[] = [
    { title: 'NAME', cell: ({ report }) => report.run.id },
    { title: 'STATUS', cell: ({ state }) => ({ text: runWord(state), paint: paintStatus(runWord(state)) }) },
    { title: 'PODS', cell: ({ report }) => String(report.pods.length) },
    { title: 'FAILED', cell: ({ report }) => String(report.pods.filter(({ phase }) => phase === 'Failed').length) },
    { title: 'FLAKY', cell: ({ report }) => String(report.pods.filter(({ flaky }) => flaky).length) },
    { title: 'DURATION', cell: (stored) => formatDuration(lengthOf(stored)) },
    { title: 'AGE', cell: ({ report }) => formatAge(Date.now() - report.run.startTime) },
    { title: 'PID', wide: true, cell: ({ report }) => String(report.run.pid) },
    { title: 'VITEST', wide: true, cell: ({ report }) => report.run.vitest },
    { title: 'ROOT', wide: true, cut: 'start', cell: ({ report }) => printable(report.run.root) },
  ]
  return makeListing('run', columns, runs, wide, (stored) => ({
    name: stored.report.run.id,
    object: runObject(stored),
    keys: { name: stored.report.run.id, duration: lengthOf(stored) },
  }))
}

/** `mydocker get nodes`: what the pods of a run share. */
export function listNodes(stored: StoredRun, wide: boolean): Listing {
  const columns: Column<StoredRun>[] = [
    { title: 'NAME', cell: () => NODE_NAME },
    { title: 'STATUS', cell: ({ state }) => (state === 'going' ? 'Ready' : 'NotReady') },
    { title: 'CPU', cell: ({ report }) => formatCpu(report.node.allocatable.cpu) },
    { title: 'MEMORY', cell: ({ report }) => formatBytes(report.node.allocatable.memory) },
    { title: 'REQUESTED', cell: ({ report }) => formatBytes(requestedMemory(report)) },
    { title: 'PODS', cell: ({ report }) => `${report.pods.filter(isAdmitted).length}/${report.node.maxWorkers}` },
    { title: 'RUN', wide: true, cell: ({ report }) => report.run.id },
  ]
  return makeListing('node', columns, [stored], wide, ({ report }) => ({
    name: NODE_NAME,
    object: nodeObject(report),
    keys: { name: NODE_NAME },
  }))
}

/** An event and the pod that it is about; the node's have none. */
interface Regarding {
  readonly event: PodEvent
  readonly pod: PodStatus | undefined
}

/**
 * `mydocker events` and `mydocker get events`, the oldest first.
 * @param pods whose events are asked for; undefined: all, and those of the node
 */
export function listEvents({ report }: StoredRun, pods: readonly PodStatus[] | undefined, wide: boolean): Listing {
  const all: Regarding[] = [
    ...(pods === undefined ? report.events.map((event) => ({ event, pod: undefined })) : []),
    ...(pods ?? report.pods).flatMap((pod) => pod.events.map((event) => ({ event, pod }))),
  ]
  const items = all.toSorted((a, b) => a.event.lastTime - b.event.lastTime)
  const columns: Column<Regarding>[] = [
    { title: 'LAST SEEN', cell: ({ event }) => lastSeen(event, Date.now()) },
    { title: 'TYPE', cell: ({ event: { type } }) => ({ text: type, paint: paintType(type) }) },
    { title: 'REASON', cell: ({ event }) => printable(event.reason) },
    { title: 'OBJECT', cell: ({ pod }) => (pod === undefined ? `node/${NODE_NAME}` : `pod/${printable(pod.name)}`) },
    { title: 'COUNT', wide: true, cell: ({ event }) => String(event.count) },
    { title: 'MESSAGE', cut: 'end', cell: ({ event }) => printable(event.message) },
  ]
  return makeListing('event', columns, items, wide, ({ event, pod }) => {
    const name = eventName(event, pod?.name ?? NODE_NAME)
    return { name, object: eventObject(event, pod?.name, name), keys: { name } }
  })
}

/** As Kubernetes makes them: of what it is about and a number, which is the same as long as the event only happens again. */
function eventName({ type, reason, message }: PodEvent, regarding: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([type, reason, message]))
    .digest('hex')
  return `${regarding}.${digest.slice(0, 16)}`
}

/** As kubectl has it: `12s`, or `12s (x3 over 40s)`. */
export function lastSeen({ firstTime, lastTime, count }: PodEvent, now: number): string {
  const age = formatAge(now - lastTime)
  return count === 1 ? age : `${age} (x${count} over ${formatAge(now - firstTime)})`
}

function lengthOf({ report, state }: StoredRun): number {
  return (state === 'going' ? Date.now() : lastMoment(report)) - report.run.startTime
}
