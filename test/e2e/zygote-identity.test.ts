import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { config } from '../support/config.ts'
import type { JsonReport } from '../support/json-report.ts'
import { onPlatforms } from '../support/platforms.ts'
import { makeProject, type Project } from '../support/project.ts'
import { type Run, vitestRun } from '../support/vitest-run.ts'
import { dependency, isForked } from '../support/zygote.ts'

const start = v.picklist(['zygote', 'exec'])

/** What one container tells of its process. */
const account = v.object({
  start,
  isForked: v.boolean(),
  pids: v.array(v.number()),
  warmPid: v.number(),
  /** Must be the same as in a container that was started cold. */
  alike: v.record(v.string(), v.unknown()),
  /** Must be different in every container. */
  random: v.record(v.string(), v.unknown()),
  numbers: v.array(v.number()),
  time: v.object({
    origin: v.number(),
    seen: v.number(),
    clocks: v.object({ performance: v.number(), uptime: v.number() }),
    mark: v.number(),
    measure: v.number(),
    event: v.number(),
    entries: v.number(),
  }),
})
type Account = v.InferOutput<typeof account>

const reporter = `
  import crypto, { generateKeyPairSync, getRandomValues, randomBytes, randomFillSync, randomInt, randomUUID } from 'node:crypto'
  import { mkdtempSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
  import { hostname, tmpdir } from 'node:os'
  import { performance as imported } from 'node:perf_hooks'
  import { test } from 'vitest'
  import { warmPid } from 'eager'

  // How far a clock is from the one on the wall, whose time is in whole milliseconds. The others are read around it: that takes time.
  const distance = (read) => {
    const [before, wall, after] = [read(), Date.now(), read()]
    return before - 1 > wall ? before - 1 - wall : after < wall ? after - wall : 0
  }
  const status = (names) => Object.fromEntries(readFileSync('/proc/self/status', 'utf8').split('\\n')
    .map((line) => line.split(/:\\s+/)).filter(([name]) => names.includes(name)))
  const listeners = () => Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]).sort())
  const modeOf = (file) => { writeFileSync(file, ''); return statSync(file).mode }
  const sessionOf = () => readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ').slice(2, 4).map((id) => Number(id) === process.pid)

  test('account', async ({ task }) => {
    // Before anything that takes time: marks, measures and events tell the same time as performance.now().
    const before = performance.now()
    const mark = performance.mark('one').startTime
    const measure = performance.measure('two').duration
    const event = new Event('x').timeStamp
    const after = performance.now()
    const between = (value) => (value >= before && value <= after ? 0 : value - before)
    task.meta.account = {
      start: process.env.START,
      isForked: ${isForked},
      pids: [process.pid, Number(readlinkSync('/proc/self')), process.report.getReport().header.processId],
      warmPid,
      alike: {
        ppid: process.ppid,
        title: process.title,
        argv: process.argv,
        argv0: process.argv0,
        execArgv: process.execArgv,
        execPath: process.execPath,
        directory: process.cwd(),
        directoryOfSystem: readlinkSync('/proc/self/cwd'),
        env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !['START', 'VITEST_WORKER_ID'].includes(name)).sort()),
        umask: process.umask(),
        mode: modeOf('/tmp/new'),
        hostname: hostname().replace(/-[0-9a-f]{6}$/, ''),
        zone: [Intl.DateTimeFormat().resolvedOptions().timeZone, new Date(0).getHours()],
        status: status(['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'SigBlk', 'SigIgn']),
        limits: readFileSync('/proc/self/limits', 'utf8'),
        badness: readFileSync('/proc/self/oom_score_adj', 'utf8'),
        session: sessionOf(),
        globals: Object.getOwnPropertyNames(globalThis).sort(),
        processKeys: Object.keys(process).sort(),
        setups: globalThis.setups,
        listeners: listeners(),
      },
      random: {
        uuid: randomUUID(),
        uuidOfDefault: crypto.randomUUID(),
        uuidOfWeb: globalThis.crypto.randomUUID(),
        integer: randomInt(2 ** 47),
        integers: Array.from({ length: 20 }, () => randomInt(100)),
        bytes: randomBytes(16).toString('hex'),
        bytesOfPool: await new Promise((resolve, reject) => randomBytes(16, (error, bytes) => (error ? reject(error) : resolve(bytes.toString('hex'))))),
        filled: randomFillSync(Buffer.alloc(16)).toString('hex'),
        values: [...getRandomValues(new Uint8Array(16))],
        key: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x,
        directory: mkdtempSync(tmpdir() + '/x-'),
      },
      numbers: Array.from({ length: 4 }, () => Math.random()),
      time: {
        origin: performance.timeOrigin,
        seen: Date.now(),
        clocks: {
          performance: distance(() => performance.timeOrigin + imported.now()),
          uptime: distance(() => performance.timeOrigin + process.uptime() * 1000),
        },
        mark: between(mark),
        measure: between(measure),
        event: between(event),
        entries: performance.getEntries().length,
      },
    }
  })
`

const many = ['a', 'b', 'c', 'd', 'e', 'f']

const files = {
  ...config({
    options: `{ warm: ['eager'] }`,
    test: `
      maxWorkers: 1, setupFiles: './setup.ts', globalSetup: './mask.ts',
      projects: ['zygote', 'exec'].map((start) => ({ extends: true, test: { name: start, mydocker: { start }, env: { START: start } } })),
    `,
  }),
  // A mask that no container is to have.
  'mask.ts': `export function setup() { process.umask(0o077) }`,
  'setup.ts': `globalThis.setups = (globalThis.setups ?? 0) + 1`,
  // Fills what Node keeps of random values before the process is forked.
  ...dependency(
    'eager',
    `import { randomBytes, randomInt, randomUUID } from 'node:crypto'
     randomUUID(); randomInt(10); randomBytes(1); globalThis.crypto.randomUUID()
     export const warmPid = process.pid`,
  ),
  ...Object.fromEntries(many.map((name) => [`${name}.test.ts`, reporter])),
  'seeded.test.ts': `// @mydocker seed=7\n${reporter}`,
  'seeded-too.test.ts': `// @mydocker seed=7\n${reporter}`,
  'other.test.ts': `// @mydocker env.TZ=Asia/Tokyo env.COLOUR=teal workingDir=below hostname=elsewhere\n${reporter}`,
  'below/empty.txt': '',
}

describe.each(onPlatforms)('%s: containers forked from a zygote', (_name, platform) => {
  let project: Project
  let run: Run & { report: JsonReport }

  beforeAll(async () => {
    project = await makeProject(platform, files)
    run = await vitestRun(project, [])
    expect(run.exitCode, run.output).toBe(0)
  })

  /** Of both projects, by file. */
  function accounts(name: string): Record<v.InferOutput<typeof start>, Account> {
    const all = run.report.content.testResults
      .filter((file) => file.name.endsWith(`/${name}.test.ts`))
      .flatMap((file) => file.assertionResults.map(({ meta }) => v.parse(account, meta.account)))
    const [zygote] = all.filter((each) => each.start === 'zygote')
    const [exec] = all.filter((each) => each.start === 'exec')
    if (zygote === undefined || exec === undefined) throw new Error(`no account of ${name}:\n${run.output}`)
    return { zygote, exec }
  }
  const forked = (): Account[] => many.map((name) => accounts(name).zygote)

  test('are forked, from one process, and others are not', () => {
    expect(run.output).not.toMatch(/Zygote|NotWarmed/)
    for (const name of [...many, 'seeded', 'other']) {
      const { zygote, exec } = accounts(name)
      expect([zygote.isForked, exec.isForked]).toEqual([true, false])
      expect(exec.warmPid).toBe(exec.pids[0])
    }
    expect(new Set(forked().map(({ warmPid }) => warmPid)).size).toBe(1)
    for (const { warmPid, pids } of forked()) expect(pids).not.toContain(warmPid)
  })

  test('know their pid', () => {
    for (const { pids } of forked()) expect(pids).toEqual([pids[0], pids[0], pids[0]])
  })

  test.each(['a', 'f', 'other', 'seeded'])('are what they are when they are started cold: %s', (name) => {
    const { zygote, exec } = accounts(name)
    expect(zygote.alike).toEqual(exec.alike)
  })

  test('have what their own file asks for', () => {
    const { alike } = accounts('other').zygote
    expect(alike.hostname).toBe('elsewhere')
    expect(alike.directory).toBe(project.path('below'))
    expect(alike.zone).toEqual(['Asia/Tokyo', 9])
    expect(alike.env).toMatchObject({ TZ: 'Asia/Tokyo', COLOUR: 'teal' })
    expect(accounts('a').zygote.alike.env).not.toHaveProperty('COLOUR')
  })

  test('run setup files each for itself', () => {
    for (const { alike } of forked()) expect(alike.setups).toBe(1)
  })

  test('have no random value in common', () => {
    const all = forked()
    for (const name of Object.keys(all[0]?.random ?? {})) {
      const values = all.map(({ random }) => JSON.stringify(random[name]))
      expect(new Set(values).size, `${name}: ${values}`).toBe(all.length)
    }
    const uuids = all.flatMap(({ random }) => [random.uuid, random.uuidOfDefault, random.uuidOfWeb])
    expect(new Set(uuids).size).toBe(uuids.length)
    const numbers = all.flatMap((each) => each.numbers)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  test('have the numbers that a seed asks for, which depend on the file', () => {
    const seeded = accounts('seeded')
    expect(seeded.zygote.numbers).toEqual(seeded.exec.numbers)
    expect(accounts('seeded-too').zygote.numbers).not.toEqual(seeded.zygote.numbers)
  })

  test('begin their time when their file does', () => {
    const files = forked().toSorted((a, b) => a.time.seen - b.time.seen)
    for (const [index, { time }] of files.entries()) {
      const previous = files[index - 1]?.time.seen ?? 0
      expect(time.origin).toBeGreaterThanOrEqual(previous)
      expect(time.origin).toBeLessThanOrEqual(time.seen)
      // Where the clock was set since the zygote began, the origin is as exact as the clock on the wall.
      for (const distance of Object.values(time.clocks)) expect(Math.abs(distance)).toBeLessThanOrEqual(1)
    }
  })

  test('mark, measure and date events by that time', () => {
    for (const { time } of forked()) {
      expect(time).toMatchObject({ mark: 0, measure: 0, event: 0 })
      expect(time.entries).toBe(accounts('a').exec.time.entries)
    }
  })

  test('say nothing of their own on standard error', () => {
    // The summary comes last, when nobody is left who could say something.
    expect(run.stderr.replace(/^ {2}mydocker {2}[\s\S]*/m, '').trim(), run.stderr).toBe('')
  })

  test('leave nothing of the rehearsal to see', () => {
    expect(run.report.content.testResults.map(({ name }) => name).join()).not.toContain('rehearsal')
    expect(run.output).not.toContain('rehearsal')
  })
})
