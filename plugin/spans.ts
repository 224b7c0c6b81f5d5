import type { Attributes, Context, TimeInput } from '@opentelemetry/api'
import type { EventSink } from '../runtime/event.ts'
import { STEPS } from '../runtime/status/facts.ts'
import type { Attempt, PodStatus, RunReport } from '../runtime/status/types.ts'

/**
 * Sends the pods of a finished run as spans of OpenTelemetry: one for each pod, with its attempts' steps below it, below the span that is
 * active (Vitest's `vitest.test_run`). Attributes are those of the semantic conventions where they have one.
 * Without the API that Vitest's tracing needs too it is a Warning.
 */
export async function sendSpans(report: RunReport, warn: EventSink): Promise<void> {
  // The user's: Vitest has loaded it, and what is registered with it is global to the process.
  const api = await import('@opentelemetry/api').catch(() => undefined)
  if (api === undefined) {
    const message =
      'the spans of pods were not sent: vitest-pool-mydocker cannot import @opentelemetry/api. Install it in the same project: npm install --save-dev @opentelemetry/api'
    warn({ type: 'Warning', reason: 'SpansNotSent', message })
    return
  }
  const { trace, context, SpanStatusCode } = api
  const tracer = trace.getTracer('vitest-pool-mydocker')
  const parent = context.active()
  const end = report.run.endTime ?? Date.now()

  for (const pod of report.pods) {
    const span = tracer.startSpan(
      'mydocker.pod',
      { startTime: at(pod.createdTime), attributes: podAttributes(pod) },
      parent,
    )
    for (const event of pod.events) {
      span.addEvent(event.reason, { 'mydocker.event.type': event.type, message: event.message }, at(event.lastTime))
    }
    if (pod.phase === 'Failed') span.setStatus({ code: SpanStatusCode.ERROR, message: pod.message ?? pod.reason ?? '' })
    for (const attempt of pod.attempts) sendSteps(attempt, trace.setSpan(parent, span))
    span.end(at(pod.finishedTime ?? end))
  }

  function sendSteps(attempt: Attempt, pod: Context): void {
    const { times, number, reason } = attempt
    for (const { step, from, to } of STEPS) {
      const { [from]: begin, [to]: stop } = times
      if (begin === undefined || stop === undefined) continue
      const attributes = { 'mydocker.attempt': number, ...(step === 'running' ? attemptAttributes(attempt) : {}) }
      const span = tracer.startSpan(`mydocker.pod.${step}`, { startTime: at(begin), attributes }, pod)
      if (step === 'running' && attempt.outcome === 'failed')
        span.setStatus({ code: SpanStatusCode.ERROR, message: reason ?? '' })
      span.end(at(stop))
    }
  }
}

/** A number could be taken for milliseconds since the start of the process. */
function at(time: number): TimeInput {
  return new Date(time)
}

function podAttributes({
  name,
  project,
  files,
  phase,
  reason,
  restartCount,
  flaky,
  network,
  attempts,
}: PodStatus): Attributes {
  return defined({
    'k8s.pod.name': name,
    'k8s.pod.status.phase': phase,
    'k8s.pod.status.reason': reason,
    'k8s.container.restart_count': restartCount,
    'test.suite.name': files[0],
    'test.suite.run.status': phase === 'Succeeded' ? 'success' : phase === 'Failed' ? 'failure' : 'in_progress',
    'vitest.project': project,
    'mydocker.flaky': flaky,
    'mydocker.network': network,
    ...attemptAttributes(attempts.at(-1)),
  })
}

function attemptAttributes(attempt: Attempt | undefined): Attributes {
  if (attempt === undefined) return {}
  const { cpuMicroseconds, peakMemory, memoryLimit, exitCode, reason } = attempt
  return defined({
    'process.exit.code': exitCode,
    'k8s.container.status.reason': reason,
    'mydocker.memory.peak_bytes': peakMemory,
    'mydocker.memory.limit_bytes': memoryLimit,
    'mydocker.cpu.seconds': cpuMicroseconds === undefined ? undefined : cpuMicroseconds / 1e6,
  })
}

function defined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}
