import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { endOf, timeline } from '../../runtime/status/html/lanes.ts'
import { html } from '../../runtime/status/html/markup.ts'
import { htmlReport } from '../../runtime/status/html/page.ts'
import { reservedMemory } from '../../runtime/status/html/reserved.ts'
import { COLOURS } from '../../runtime/status/html/style.ts'
import { timeTicks } from '../../runtime/status/html/time-axis.ts'
import { everyKind, manyPods, runReport } from '../support/invented-run.ts'

const report = runReport([...everyKind, ...manyPods(200)])

describe('the timeline', () => {
  it('has no two pods at once in a lane, and no more lanes than pods at once', () => {
    const { bars, lanes } = timeline(report)
    for (let lane = 0; lane < lanes; lane++) {
      const inLane = bars
        .filter((bar) => bar.lane === lane && bar.attempt !== undefined)
        .sort((a, b) => a.admitted - b.admitted)
      for (const [index, bar] of inLane.slice(1).entries())
        expect(bar.waits).toBeGreaterThanOrEqual(inLane[index]?.stopped ?? 0)
    }
    expect(lanes).toBe(report.node.maxWorkers)
  })

  it('has every attempt in the order of its steps, and one bar for a pod that never was admitted', () => {
    const { bars, length } = timeline(report)
    expect(bars).toHaveLength(report.pods.reduce((sum, { attempts }) => sum + Math.max(attempts.length, 1), 0))
    for (const { waits, admitted, started, ran, stopped } of bars) {
      const moments = [0, waits, admitted, started, ran, stopped, length]
      expect(moments).toEqual(moments.toSorted((a, b) => a - b))
    }
  })

  it('shows thousands that wait in as many lanes as there are workers', () => {
    const pods = report.pods.map((pod) => ({
      ...pod,
      attempts: pod.attempts.map((attempt) => ({
        ...attempt,
        times: { ...attempt.times, pending: report.run.startTime },
      })),
    }))
    expect(timeline({ ...report, pods }).lanes).toBe(report.node.maxWorkers)
  })

  it('ends where a run that goes on is now', () => {
    const { endTime: _, ...run } = report.run
    const latest = Math.max(...report.pods.map(({ finishedTime = 0 }) => finishedTime))
    expect(endOf({ ...report, run })).toBe(latest)
  })
})

describe('requested memory', () => {
  it('is at every moment the sum of those that are admitted, and nothing at the end', () => {
    const steps = reservedMemory(report)
    for (const { time, memory } of steps) {
      const now = time + report.run.startTime
      const admitted = report.pods.flatMap(({ requests, attempts }) =>
        attempts
          .filter(({ times: { admitted = Number.POSITIVE_INFINITY, stopped = 0 } }) => admitted <= now && now < stopped)
          .map(() => requests.memory ?? 0),
      )
      expect(memory).toBe(admitted.reduce((sum, each) => sum + each, 0))
    }
    expect(steps.at(-1)?.memory).toBe(0)
  })
})

describe('the time axis', () => {
  it.each([
    [850, ['0 ms', '200 ms', '400 ms', '600 ms', '800 ms']],
    [17_000, ['0 s', '2 s', '4 s', '6 s', '8 s', '10 s', '12 s', '14 s', '16 s']],
    [370_000, ['0 min', '1 min', '2 min', '3 min', '4 min', '5 min', '6 min']],
    [3 * 3_600_000, ['0 h', '0.5 h', '1 h', '1.5 h', '2 h', '2.5 h', '3 h']],
  ])('%i ms has round ones', (length, labels) => {
    expect(timeTicks(length).map(({ label }) => label)).toEqual(labels)
  })
})

describe('markup', () => {
  it('escapes what is put in, and nothing twice', () => {
    const inner = html`<b>${'a < b & "c"'}</b>`
    expect(html`<p title="${"it's"}">${inner}${[inner, false, undefined]}${7}</p>`.text).toBe(
      '<p title="it&#39;s"><b>a &lt; b &amp; &quot;c&quot;</b><b>a &lt; b &amp; &quot;c&quot;</b>7</p>',
    )
  })

  it('has no control characters and no half characters', () => {
    expect(html`${'\u{0}\u{1b}[31m\t\n\u{d800}😀'}`.text).toBe('\u{fffd}\u{fffd}[31m\t\n\u{fffd}😀')
  })
})

describe('the page', () => {
  const page = htmlReport(report)
  const { document } = parseHTML(page)

  it('loads nothing and runs nothing but its own script, whatever files are called', () => {
    expect(document.querySelectorAll('script')).toHaveLength(1)
    expect(document.querySelectorAll('img, link, iframe, object, [src]')).toHaveLength(0)
    for (const element of document.querySelectorAll('*')) {
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on/)
    }
    const policy = document.querySelector('meta[http-equiv]')?.getAttribute('content')
    expect(policy).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[^ ]+='$/)
  })

  it('has each pod in the table with what it is searched, filtered and sorted by', () => {
    const rows = [...document.querySelectorAll('.pods > tbody')]
    expect(rows.map(({ id }) => id).sort()).toEqual(report.pods.map(({ name }) => name).sort())
    for (const { name, files, phase, reason } of report.pods) {
      const row = rows.find(({ id }) => id === name)
      expect(row?.querySelector('summary')?.textContent).toBe(files.join(', '))
      expect(row?.getAttribute('data-phase')).toBe(phase)
      if (reason !== undefined) expect(row?.getAttribute('data-reason')).toBe(reason)
    }
    expect(rows[0]?.getAttribute('data-phase')).toBe('Failed')
  })

  it('tells in the details everything that was seen of a pod', () => {
    const told = (file: string) =>
      [...document.querySelectorAll('.pods > tbody')].find((row) => row.querySelector('summary')?.textContent === file)
        ?.textContent ?? ''
    for (const seen of [
      'node daemon.mjs (pid 31)',
      'connect 10.0.0.7:443',
      'mount',
      '/etc/shop.conf',
      'tcp/3000',
      'environment: SHOP_TOKEN',
    ])
      expect(told('tests/leaky.test.ts')).toContain(seen)
    for (const service of ['postgres', 'redis']) expect(told('tests/orders-database.test.ts')).toContain(service)
    expect(told('tests/flaky-search.test.ts')).toMatch(/1Error \(exit code 1\)[\s\S]*2Error[\s\S]*3passed/)
    expect(told('tests/huge.test.ts')).toContain('requests 64Ti of memory, but this node can allocate 2Gi')
  })

  it('has for each link within it something to lead to', () => {
    const links = [...document.querySelectorAll('a[href^="#"]')].map(
      (link) => link.getAttribute('href')?.slice(1) ?? '',
    )
    expect(links.length).toBeGreaterThan(report.pods.length)
    const ids = new Set([...document.querySelectorAll('[id]')].map(({ id }) => id))
    for (const name of links) expect(ids).toContain(name)
  })

  it('can be made of a run without pods, without measurements, and of one that goes on', () => {
    expect(htmlReport(runReport([]))).toContain('0 pods')
    const { endTime: _, ...run } = report.run
    const pods = report.pods.map((pod) => ({
      ...pod,
      attempts: pod.attempts.map(({ number, times, tests, leftBehind, connectionsRefused, deniedCalls }) => ({
        number,
        outcome: 'running' as const,
        times: { pending: times.pending },
        tests,
        leftBehind,
        connectionsRefused,
        deniedCalls,
      })),
    }))
    const waiting = htmlReport({ ...report, run, pods })
    expect(waiting).toContain('still running')
    const [content] = /<main>[\s\S]*<\/main>/.exec(waiting) ?? []
    expect(content).toBeDefined()
    expect(content).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('grows by no more than 2 KiB a pod', () => {
    const [few, many] = [100, 300].map((count) => htmlReport(runReport(manyPods(count))).length)
    expect(((many ?? 0) - (few ?? 0)) / 200).toBeLessThan(2048)
  })
})

describe.each(['light', 'dark'] as const)('the %s colours', (mode) => {
  const colours = COLOURS[mode]

  it('leave every text readable (WCAG 2.2 AA)', () => {
    const texts = [colours.text, colours.muted, colours.link, colours.failed, colours.good]
    for (const behind of [colours.background, colours.surface])
      for (const text of texts) expect(contrast(text, behind), `${text} on ${behind}`).toBeGreaterThanOrEqual(4.5)
    expect(contrast(colours['on-running'], colours.running)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(colours['on-failed'], colours.failed)).toBeGreaterThanOrEqual(4.5)
    for (const behind of [colours.fair, colours.link, colours.muted])
      expect(contrast(colours['on-badge'], behind)).toBeGreaterThanOrEqual(4.5)
  })

  it('leave every bar visible', () => {
    for (const bar of [colours.running, colours.failed, colours.stopping, colours.waiting])
      expect(contrast(bar, colours.background), bar).toBeGreaterThanOrEqual(3)
  })
})

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
