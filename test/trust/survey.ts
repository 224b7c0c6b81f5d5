import path from 'node:path'
import process from 'node:process'
import * as v from 'valibot'
import { expect } from 'vitest'
import { packageDirectory } from '../../runtime/package.ts'
import { tryCommand } from '../support/command.ts'

const outcome = v.object({ exitCode: v.nullable(v.number()), stdout: v.string(), stderr: v.string() })
/** Each is asked for alone. */
const strict = v.object({ memory: outcome, pids: outcome, cpu: outcome })
const surveyed = v.object({
  doctor: outcome,
  namespaces: v.record(v.string(), v.string()),
  inside: outcome,
  escaped: v.boolean(),
  strict,
  /** Asked for all limits, it uses more memory than it may. */
  lenient: outcome,
})
const report = v.object({
  canRun: v.boolean(),
  verdict: v.string(),
  checks: v.array(v.object({ name: v.string(), status: v.string(), detail: v.string(), cure: v.optional(v.string()) })),
})
type Outcome = v.InferOutput<typeof outcome>
type Check = v.InferOutput<typeof report>['checks'][number]

/** What a host is found to be by survey.mjs, which runs on it. */
export type Survey = v.InferOutput<typeof surveyed> & { readonly report: v.InferOutput<typeof report> }

const LIMITS = ['memory', 'pids', 'cpu'] as const

/** Where a host has Node and this package. */
export interface Installation {
  readonly node: string
  readonly directory: string
}

const here: Installation = { node: process.execPath, directory: packageDirectory }

/** Our own command of an installation. */
export function mydockerOf({ node, directory }: Installation = here): readonly string[] {
  return [node, path.join(directory, 'dist/plugin/cli/main.js')]
}

/**
 * Surveys a host.
 * @param enter what to put before a command for it to run on that host
 * @param cwd where a file is written inside, to see that it does not come out
 */
export async function survey(enter: readonly string[], cwd: string, installation = here): Promise<Survey> {
  const [node = '', command = ''] = mydockerOf(installation)
  const script = path.join(installation.directory, 'test/trust/survey.mjs')
  const [program = '', ...args] = [...enter, node, script, command]
  const { stdout, stderr } = await tryCommand(program, args, { cwd })
  if (!stdout.startsWith('{')) throw new Error(`there is no survey: ${stdout}${stderr}`)
  const found = v.parse(surveyed, JSON.parse(stdout))
  return { ...found, report: v.parse(report, JSON.parse(found.doctor.stdout)) }
}

export function check({ report: { checks } }: Survey, name: string): Check {
  const found = checks.find((each) => each.name === name)
  if (found === undefined) throw new Error(`the doctor has not looked at ${name}`)
  return found
}

/** Containers run as the doctor says, and `strict` fails for the limits that it calls weaker, and for no others. */
export function expectContainers(found: Survey, limits: Readonly<Record<'memory' | 'pids' | 'cpu', boolean>>): void {
  expect(found.report).toMatchObject({ canRun: true, verdict: expect.stringMatching(/^This host runs containers: /) })
  expect(found.doctor.exitCode).toBe(0)
  expect(check(found, 'container').status).toBe('ok')
  expectIsolation(found)
  for (const name of LIMITS) {
    expect(check(found, `${name} limit`).status === 'ok', name).toBe(limits[name])
    if (limits[name]) expect(found.strict[name]).toMatchObject({ exitCode: 0, stdout: 'ran\n' })
    else expectWeaker(found, name)
  }
  const isWeaker = LIMITS.some((name) => !limits[name])
  expect(/^mydocker: warning: .*cannot be enforced/m.test(found.lenient.stderr)).toBe(isWeaker)
  expect(found.report.verdict).toContain(limits.memory ? 'memory limits by cgroup' : 'no memory limits')
  if (limits.memory) {
    expect(found.lenient).toMatchObject({ exitCode: 137, stdout: 'ran\n' })
    expect(found.lenient.stderr).toContain('OOMKilled')
  } else expect(found.lenient).toMatchObject({ exitCode: 0, stdout: 'ran\nsurvived\n' })
}

/** Nothing runs, strict or not, and the cure is the doctor's. */
export function expectNothing(found: Survey, missing: string): void {
  expect(found.report.canRun).toBe(false)
  expect(found.report.verdict).toBe(`This host cannot run containers: ${missing} is missing.`)
  expect(found.doctor.exitCode).toBe(1)
  expect(check(found, missing).status).toBe('missing')
  for (const each of [found.inside, found.lenient]) {
    expectRefusal(each, check(found, missing).cure)
    expect(each.stderr).toContain('`mydocker doctor` shows the rest.')
  }
  // It may be the limit that is missed first.
  for (const name of LIMITS) expectRefusal(found.strict[name], undefined)
}

/** Docker's default capabilities (moby, oci/caps/defaults.go). */
const DEFAULT_CAPABILITIES = 0xa80425fbn

/** What is so inside, of what was told outside. */
function expectIsolation({ inside, namespaces, escaped, report: { verdict } }: Survey): void {
  expect(inside.exitCode, inside.stderr).toBe(0)
  const lines = inside.stdout.trimEnd().split('\n')
  const seen = new Map(lines.map((line) => [line.split(/\s/, 1)[0] ?? '', line.replace(/^\S+\s+/, '')]))
  expect(Object.keys(namespaces)).toHaveLength(6)
  for (const [name, outside] of Object.entries(namespaces)) {
    expect(seen.get(name)).toMatch(new RegExp(`^${name}:\\[\\d+\\]$`))
    expect(seen.get(name)).not.toBe(outside)
  }
  const [, root, uid] = /root inside is (nobody|root|uid (\d+)) outside/.exec(verdict) ?? []
  expect(root).toBeDefined()
  const outside = uid ?? (root === 'nobody' ? '65534' : '0')
  expect(seen.get('uid_map')).toMatch(new RegExp(`^0 ${outside} `))
  expect(seen.get('hostname')).toBe('surveyed')
  expect(seen.get('Seccomp')).toBe('2')
  expect(seen.get('NoNewPrivs')).toBe('1')
  expect(BigInt(`0x${seen.get('CapBnd')}`) & ~DEFAULT_CAPABILITIES).toBe(0n)
  expect(seen.get('written')).toBe('x')
  expect(escaped).toBe(false)
}

function expectWeaker(found: Survey, name: (typeof LIMITS)[number]): void {
  expectRefusal(found.strict[name], check(found, `${name} limit`).cure ?? check(found, 'memory limit').cure)
  expect(found.strict[name].stderr).toMatch(/^mydocker: cgroup: .*cannot be enforced/m)
}

function expectRefusal({ exitCode, stdout, stderr }: Outcome, cure: string | undefined): void {
  expect(exitCode).toBe(125)
  expect(stdout).toBe('')
  // One that starts this very command elsewhere names it.
  if (cure !== undefined) expect(stderr).toContain(cure.split(' node ')[0])
}
