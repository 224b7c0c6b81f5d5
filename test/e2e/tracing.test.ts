import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject } from '../support/project.ts'
import { vitest } from '../support/vitest-run.ts'

const span = v.object({
  name: v.string(),
  id: v.string(),
  parent: v.optional(v.string()),
  start: v.number(),
  end: v.number(),
  attributes: v.record(v.string(), v.unknown()),
  status: v.object({ code: v.number() }),
})

type Span = v.InferOutput<typeof span>

/** An exporter that writes a line for each span of the main process; what a container writes there is gone with it. */
const sdk = `
  import { appendFileSync } from 'node:fs'
  import { hrTimeToMilliseconds } from '@opentelemetry/core'
  import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'

  const exporter = {
    export(spans, done) {
      for (const span of spans) {
        const { name, attributes, status, parentSpanContext: parent, startTime, endTime } = span
        const times = { start: hrTimeToMilliseconds(startTime), end: hrTimeToMilliseconds(endTime) }
        const line = { name, id: span.spanContext().spanId, parent: parent?.spanId, attributes, status, ...times }
        appendFileSync(new URL('spans.jsonl', import.meta.url), JSON.stringify(line) + '\\n')
      }
      done({ code: 0 })
    },
    async shutdown() {},
  }
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  provider.register()
  export default provider`

const files = {
  ...config({ test: `experimental: { openTelemetry: { enabled: true, sdkPath: './sdk.mjs' } }` }),
  'sdk.mjs': sdk,
  'good.test.ts': `import { test } from 'vitest'; test('good', () => {})`,
  'bad.test.ts': `import { test } from 'vitest'; test('bad', () => { process.kill(process.pid, 'SIGKILL'); for (;;); })`,
}

describe.each(onPlatforms)('%s: spans of OpenTelemetry', (_name, platform) => {
  let spans: readonly Span[]

  beforeAll(async () => {
    const project = await makeProject(platform, files)
    const { output } = await vitest(project, ['run'], { mayStartCold: true }).ended
    expect(output).toMatch(/1 failed \| 1 passed \(2\)/)
    const lines = readFileSync(project.path('spans.jsonl'), 'utf8').trim().split('\n')
    spans = v.parse(
      v.array(span),
      lines.map((line) => JSON.parse(line)),
    )
  })

  const podOf = (file: string): Span | undefined =>
    spans.find(({ name, attributes }) => name === 'mydocker.pod' && attributes['test.suite.name'] === file)

  test('there is one for each pod, below the run that Vitest traces', () => {
    const run = spans.find(({ name }) => name === 'vitest.test_run')
    expect(run).toBeDefined()
    for (const file of ['good.test.ts', 'bad.test.ts']) expect(podOf(file)?.parent).toBe(run?.id)
  })

  test('its steps are below it, one after the other and within it', () => {
    const pod = podOf('good.test.ts')
    const steps = spans
      .filter(({ parent }) => parent !== undefined && parent === pod?.id)
      .sort((a, b) => a.start - b.start)
    expect(steps.map(({ name }) => name.replace('mydocker.pod.', ''))).toEqual([
      'pending',
      'starting',
      'running',
      'stopping',
    ])
    const moments = [pod?.start, ...steps.flatMap(({ start, end }) => [start, end]), pod?.end]
    expect(moments).toEqual(moments.toSorted((a = 0, b = 0) => a - b))
  })

  test('attributes and status tell how it ended', () => {
    expect(podOf('good.test.ts')).toMatchObject({
      attributes: { 'k8s.pod.status.phase': 'Succeeded', 'test.suite.run.status': 'success' },
      status: { code: 0 },
    })
    expect(podOf('bad.test.ts')).toMatchObject({
      attributes: { 'k8s.pod.status.phase': 'Failed', 'k8s.pod.status.reason': 'Error', 'process.exit.code': 137 },
      status: { code: 2 },
    })
  })
})
