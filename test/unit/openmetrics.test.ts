import { describe, expect, it } from 'vitest'
import { openMetrics } from '../../runtime/status/openmetrics.ts'
import { everyKind, manyPods, runReport } from '../support/invented-run.ts'

const strange = 'tests/a "quoted"\nname\\with {braces}.test.ts'
const report = runReport([...everyKind, { file: strange }, ...manyPods(20)])
const text = openMetrics(report)
const lines = text.split('\n')

/** The ABNF of https://prometheus.io/docs/specs/om/open_metrics_spec/, of what is used here. */
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)?\})? (-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)$`)
const DESCRIPTOR = new RegExp(
  String.raw`^# (?:(TYPE) (${NAME}) (counter|gauge|info)|(UNIT) (${NAME}) ([a-z]+)|(HELP) (${NAME}) (?:[^"\\\n]|\\["\\n])*)$`,
)

describe('the OpenMetrics text', () => {
  it('keeps the rules of the format', () => {
    expect(text.endsWith('\n# EOF\n')).toBe(true)
    const seen = new Set<string>()
    const samples = new Set<string>()
    let family = { name: '', type: '' }
    for (const line of lines.slice(0, -2)) {
      if (line.startsWith('# TYPE ')) {
        const [, , name = '', type = ''] = line.split(' ')
        expect(seen, 'families are not interleaved').not.toContain(name)
        seen.add(name)
        family = { name, type }
      }
      if (line.startsWith('#')) {
        expect(line).toMatch(DESCRIPTOR)
        expect(line.split(' ')[2]).toBe(family.name)
        const unit = /^# UNIT \S+ (\S+)$/.exec(line)?.[1]
        if (unit !== undefined) expect(family.name.endsWith(`_${unit}`)).toBe(true)
        continue
      }
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? expect.fail(`no sample: ${line}`)
      expect(name).toBe(family.name + ({ counter: '_total', info: '_info' }[family.type] ?? ''))
      expect(samples, 'a sample is there once').not.toContain(`${name}{${labels}}`)
      samples.add(`${name}{${labels}}`)
      if (family.type === 'counter') expect(Number(value)).toBeGreaterThanOrEqual(0)
    }
  })

  it('escapes labels, so that they are read back as they were', () => {
    const files = lines.flatMap((line) => {
      const found = /^kube_pod_status_qos_class\{.*file="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]
      return found === undefined ? [] : [found.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))]
    })
    expect(files).toEqual(report.pods.map((pod) => pod.files[0]))
  })

  it('tells phase, reason, memory and time of a pod', () => {
    const of = (file: string) => lines.filter((line) => line.includes(`file="tests/${file}.test.ts"`))
    expect(
      of('album')
        .filter((line) => line.startsWith('kube_pod_status_phase'))
        .map((line) => line.slice(-22)),
    ).toEqual([
      expect.stringMatching(/phase="Pending"} 0$/),
      expect.stringMatching(/phase="Running"} 0$/),
      expect.stringMatching(/phase="Succeeded"} 0$/),
      expect.stringMatching(/phase="Failed"} 1$/),
    ])
    const album = of('album').join('\n')
    expect(album).toMatch(/^kube_pod_status_reason\{.*reason="OOMKilled"} 1$/m)
    expect(album).toMatch(/^container_memory_max_usage_bytes\{.*} 268435456$/m)
    expect(album).toMatch(/^container_cpu_usage_seconds_total\{.*} 1\.116$/m)
    expect(of('flaky-search').join('\n')).toMatch(/^kube_pod_container_status_restarts_total\{.*} 2$/m)
    expect(of('huge').join('\n')).not.toContain('container_memory_max_usage_bytes')
  })

  it('of a run without pods is whole', () => {
    expect(openMetrics(runReport([]))).toMatch(/^mydocker_run_pods 0$[\s\S]*# EOF\n$/m)
  })
})
