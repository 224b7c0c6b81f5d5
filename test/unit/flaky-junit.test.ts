import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { flakyJunit } from '../../plugin/flaky/junit.ts'
import { reproduceCommand } from '../../plugin/flaky/reproduce.ts'
import { HOSTILE, inventedSweep } from '../support/invented-sweep.ts'

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

/** By a parser that takes nothing but XML. */
function parse(text: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes, children: [], text: '' }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('text', (part) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += part
  })
  parser.on('closetag', () => open.pop())
  parser.write(text).close()
  return root.children[0] ?? root
}

function named(element: Element, name: string): Element[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...named(child, name)])
}

const report = inventedSweep()
const suites = parse(flakyJunit(report))
const cases = named(suites, 'testcase')

function caseNamed(end: string): Element {
  const found = cases.find(({ attributes }) => attributes.name?.endsWith(end))
  if (found === undefined) throw new Error(`no case ${end}`)
  return found
}

describe('JUnit XML of a sweep', () => {
  it('has a suite for each file and a case for each finding', () => {
    expect(suites.name).toBe('testsuites')
    expect(named(suites, 'testsuite').map(({ attributes }) => attributes.name)).toEqual(
      report.files.map(({ project, file }) => (project === '' ? file : `[${project}] ${file}`)),
    )
    expect(cases).toHaveLength(report.files.flatMap(({ findings }) => findings).length)
  })

  it('counts what it has', () => {
    for (const element of [suites, ...named(suites, 'testsuite')]) {
      const { tests, failures, errors, skipped } = element.attributes
      expect(Number(tests)).toBe(named(element, 'testcase').length)
      expect(Number(failures)).toBe(named(element, 'failure').length)
      expect(Number(skipped)).toBe(named(element, 'skipped').length)
      expect(errors).toBe('0')
    }
  })

  it('has a failure of what is not stable, with what speaks for it and the command', () => {
    const [failure] = named(caseNamed('sorts 40 photos by size'), 'failure')
    expect(failure?.attributes).toEqual({
      type: 'resource-affected',
      message: 'resource-affected (out-of-memory): 10 of 36 runs failed, 28% (16–44%), ≤128Mi',
    })
    const [file] = report.files.slice(1)
    const command = file && reproduceCommand(file, file.runs[0]?.conditions ?? {}, 1)
    expect(failure?.text.split('\n')).toEqual([
      'With at most 128Mi it failed in most runs, with more in none.',
      '10 × RangeError: Array buffer allocation failed',
      `reproduce: ${command}`,
    ])
    expect(named(caseNamed('cart > adds'), 'failure')).toEqual([])
    expect(named(caseNamed('are those of today'), 'failure')[0]?.attributes.type).toBe('stable-fail')
  })

  it('has the rate of each as properties', () => {
    const properties = named(caseNamed('sorts 40 photos by size'), 'property').map(({ attributes }) => [
      attributes.name,
      attributes.value,
    ])
    expect(Object.fromEntries(properties)).toMatchObject({
      'failure-rate': '0.2778',
      'failure-rate.low': '0.1585',
      'failure-rate.high': '0.4399',
      failed: '10',
      runs: '36',
    })
  })

  it('skips what is quarantined and says why, and what was never run', () => {
    const quarantined = caseNamed('answers while it is typed')
    expect(named(quarantined, 'failure')).toEqual([])
    expect(named(quarantined, 'skipped')[0]?.attributes.message).toMatch(/^quarantined: flaky \(async-wait\): 8 of 60/)
    expect(named(quarantined, 'system-out')[0]?.text).toContain('reproduce: ')
    expect(named(caseNamed('with a real server'), 'skipped')).toHaveLength(1)
  })

  it('is XML whatever tests are named and print', () => {
    caseNamed(HOSTILE.markup)
    const [failure] = named(caseNamed('red | pipe `tick` **bold**'), 'failure')
    expect(failure?.text).toContain(HOSTILE.markup)
    const [file] = report.files
    const odd = '\u0000\u001b[2J\ud800\ufffe😀'
    const files =
      file === undefined ? [] : [{ ...file, file: odd, findings: file.findings.map((one) => ({ ...one, name: odd })) }]
    expect(named(parse(flakyJunit({ ...report, files })), 'testcase')[0]?.attributes.name).toMatch(/^�+😀$/)
  })
})
