import { expect, it, vi } from 'vitest'
import { sendSpans } from '../../plugin/spans.ts'
import type { Event } from '../../runtime/event.ts'
import { everyKind, runReport } from '../support/invented-run.ts'

// What spans are is told by test/e2e/tracing.test.ts.
vi.mock('@opentelemetry/api', () => {
  throw new Error('not installed')
})

it('without the API of OpenTelemetry there is one Warning with the cure, and the run goes on', async () => {
  const events: Event[] = []
  await sendSpans(runReport(everyKind), (event) => events.push(event))
  expect(events).toEqual([
    {
      type: 'Warning',
      reason: 'SpansNotSent',
      message: expect.stringContaining('npm install --save-dev @opentelemetry/api'),
    },
  ])
})
