import { spawnSync } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { stateDirectory } from '../../runtime/status/state.ts'
import { RunStore } from '../../runtime/status/store.ts'
import type { RunReport } from '../../runtime/status/types.ts'
import { mydocker, start, startOnTerminal } from '../support/mydocker.ts'
import { makeProject, type Project } from '../support/project.ts'
import { flakyPod, killedPod, pendingPod, pod, runningPod, runReport } from '../support/run-report.ts'
import { screenOf } from '../support/screen.ts'

let project: Project

beforeAll(async () => {
  project = await makeProject({ vitest: '4.1', node: 'machine' }, {})
})

const id = '20260102-030405000-1'
const pods = [pod('cart'), killedPod('album'), flakyPod('shop')]

/** As Vitest's main process leaves it in the project's cache. */
async function record(report: RunReport, cache = 'node_modules/.vite/vitest'): Promise<void> {
  const store = new RunStore(stateDirectory(project.path(cache)).runs, ({ message }) => {
    throw new Error(message)
  })
  await store.ended(report)
}

describe('of a run that has ended', () => {
  beforeAll(() => record(runReport(pods)))

  test('pods, runs, events and nodes are listed, from anywhere in the project', async () => {
    await mkdir(project.path('src/deep'), { recursive: true })
    const list = await mydocker(project, ['get', 'pods'], { cwd: project.path('src/deep') })
    expect(list.stdout).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE\ncart-1 +0\/1 +Completed +0 +\d+\w+\nalbum-1 +0\/1 +OOMKilled/,
    )
    expect(list).toMatchObject({ exitCode: 0, stderr: '' })
    expect((await mydocker(project, ['get', 'runs', '--no-headers'])).stdout).toMatch(
      new RegExp(`^${id} +Completed +3 +1 +1`),
    )
    expect((await mydocker(project, ['events', '--types', 'Warning'])).stdout).toMatch(
      /^.*\n.*OOMKilling +pod\/album-1 .*\n$/,
    )
    expect((await mydocker(project, ['events', '--for', 'pod/cart-1'])).stderr).toBe(`No events found in run ${id}.\n`)
    expect((await mydocker(project, ['get', 'no'])).stdout).toContain('localhost')
    expect((await mydocker(project, ['top', 'pods', '--sort-by', 'cpu'])).stdout).toMatch(/^NAME.*\nshop-1 +1\.35s/)
  })

  test('what README shows works', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    const [, section = ''] = readme.split('## Watching pods\n')
    const commands = [...section.slice(0, section.indexOf('\n## ')).matchAll(/^mydocker (.*?)(?: +#.*)?$/gm)]
    expect(commands.length).toBeGreaterThan(5)
    for (const [, args = ''] of commands)
      expect(await mydocker(project, args.split(' ')), args).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/\n$/),
      })
  })

  test('a pod is described by the name of its file', async () => {
    const { stdout, exitCode } = await mydocker(project, ['describe', 'album.test.ts'])
    expect(stdout).toMatch(/^Name: +album-1\n/)
    expect(stdout).toMatch(/Warning +OOMKilling .* memory limit 256Mi\.\n$/)
    expect(exitCode).toBe(0)
    expect((await mydocker(project, ['describe', 'pod', 'album-1'])).stdout).toBe(stdout)
  })

  test('JSON of several is a List, and of a name its object', async () => {
    const failed = await mydocker(project, ['get', 'po', '-o', 'json', '--field-selector', 'status.phase=Failed'])
    expect(JSON.parse(failed.stdout)).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'album-1' } }] })
    const one = await mydocker(project, ['get', 'pod/cart-1', '-o', 'json'])
    expect(JSON.parse(one.stdout)).toMatchObject({ kind: 'Pod', metadata: { name: 'cart-1' } })
  })

  test('what is not there is an error with its cure', async () => {
    for (const [args, message] of [
      [['describe', 'albun-1'], /no pod and no file 'albun-1'\n {2}Did you mean album-1\?/],
      [['get', 'pods', '--run', 'x'], new RegExp(`no run 'x'.*\n {2}The runs are: ${id}`)],
      [['get', 'pots'], /nothing of the kind 'pots'\n {2}mydocker get pods\|runs/],
      [['get', 'pods', '--sort-by', 'size'], /sorted by 'size'\n {2}--sort-by name\|memory/],
      [
        ['get', 'pods', '--cache-dir', '/none'],
        /no run has been recorded \(\/none\/\.mydocker\/runs\)\n {2}Name the directory/,
      ],
      [['describe'], /wants the name/],
    ] as const) {
      const { stderr, stdout, exitCode } = await mydocker(project, args)
      expect(stderr).toMatch(message)
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 })
    }
  })

  test('a terminal gets colours and what fits; what is cut is a path, at its start', async () => {
    const long = pod('long', { files: [`packages/${'deep/'.repeat(20)}long.test.ts`] })
    await record(runReport([...pods, long], { run: { id: 'long' } }), 'other')
    const args = '--cache-dir other get pods -o wide'.split(' ')
    const all = await mydocker(project, ['get', ...args.slice(3), '--cache-dir', 'other'])
    expect(all.stdout).toContain(long.files[0])
    const run = startOnTerminal(project, `stty cols 160; mydocker get pods -o wide --cache-dir other`)
    expect(await run.exitCode).toBe(0)
    expect(run.output()).toContain('\x1b[31mOOMKilled')
    const screen = await screenOf(run.output(), { columns: 160 })
    expect(screen).toHaveLength(5)
    expect(screen[4]).toMatch(/ …\S*deep\/long\.test\.ts /)
  })
})

test('-w prints what changes until the run has ended', async () => {
  const going = { id: 'going', startTime: Date.now(), endTime: undefined }
  await record(runReport([runningPod('slow'), pendingPod('video')], { run: going }))
  const watch = start(project, ['get', 'pods', '-w'])
  await watch.printed('video-1')
  await record(runReport([pod('slow'), runningPod('video')], { run: going }))
  await watch.printed('Completed')
  await record(runReport([pod('slow'), killedPod('video')], { run: { ...going, endTime: Date.now() } }))
  expect(await watch.exitCode).toBe(0)
  expect(watch.output().replaceAll(/ +\d+\w+$/gm, '')).toBe(`\
NAME      READY   STATUS    RESTARTS   AGE
slow-1    1/1     Running   0
video-1   0/1     Pending   0
slow-1    0/1     Completed   0
video-1   1/1     Running     0
video-1   0/1     OOMKilled   0
`)
})

test('a run that died without an end is said to have', async () => {
  const { pid } = spawnSync('true')
  await record(runReport([runningPod('slow')], { run: { id: 'died', startTime: Date.now(), endTime: undefined, pid } }))
  const { stdout, stderr, exitCode } = await mydocker(project, ['get', 'pods', '-w'])
  expect(stdout).toMatch(/slow-1 +1\/1 +Unknown/)
  expect(stderr).toContain(`run died died without an end: there is no process ${pid} any more`)
  expect(exitCode).toBe(0)
  expect((await mydocker(project, ['get', 'runs'])).stdout).toMatch(/^died +Died/m)
})
