import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import { choosePods } from '../../runtime/cli/status/choose-pods.ts'
import { parseFieldSelector } from '../../runtime/cli/status/field-selector.ts'
import { type Listing, sortRows } from '../../runtime/cli/status/listing.ts'
import { listEvents, listNodes, listRuns } from '../../runtime/cli/status/others.ts'
import { formatListing } from '../../runtime/cli/status/output.ts'
import { listPods, listUsage } from '../../runtime/cli/status/pods.ts'
import type { StoredRun } from '../../runtime/status/stored-runs.ts'
import type { RunReport } from '../../runtime/status/types.ts'
import {
  attempt,
  event,
  flakyPod,
  killedPod,
  MIB,
  pendingPod,
  pod,
  runningPod,
  runReport,
  START,
} from '../support/run-report.ts'

const making = pod('making', {
  phase: 'Running',
  attempts: [attempt({ outcome: 'running' }, { started: undefined, ran: undefined, stopped: undefined })],
})
const withServices = pod('db', {
  phase: 'Running',
  attempts: runningPod('db').attempts,
  services: [
    { name: 'postgres', state: 'running', ready: true, restartCount: 0, startedTime: START, readyTime: START + 200 },
    { name: 'redis', state: 'running', ready: false, restartCount: 1 },
  ],
})
const report = runReport(
  [pod('cart'), killedPod('album'), flakyPod('shop'), runningPod('slow'), withServices, making, pendingPod('video')],
  { events: [event('MemoryPressure', 'admission pauses', { type: 'Warning', count: 3, lastTime: START + 1500 })] },
)

beforeEach(() => {
  vi.useFakeTimers({ now: START + 5000 })
  onTestFinished(() => void vi.useRealTimers())
})

function stored(state: StoredRun['state'] = 'going', of: RunReport = report): StoredRun {
  return { report: of, state }
}

function table(listing: Listing): string[] {
  return formatListing(listing, {}, false).trimEnd().split('\n')
}

test('pods are listed as kubectl lists them', () => {
  expect(table(listPods(stored(), report.pods, false))).toEqual([
    'NAME       READY   STATUS              RESTARTS   AGE',
    'cart-1     0/1     Completed           0          5s',
    'album-1    0/1     OOMKilled           0          5s',
    'shop-1     0/1     Completed           2          5s',
    'slow-1     1/1     Running             0          5s',
    'db-1       2/3     Running             0          5s',
    'making-1   0/1     ContainerCreating   0          5s',
    'video-1    0/1     Pending             0          5s',
  ])
})

test('what was under way in a run that died is unknown, and took no longer than the run is known to have lived', () => {
  const rows = table(listPods(stored('died'), report.pods, true))
  expect(rows.map((row) => row.split(/ {3,}/)[2])).toEqual([
    ...['STATUS', 'Completed', 'OOMKilled', 'Completed', 'Unknown', 'Unknown', 'Unknown', 'Unknown'],
  ])
  expect(rows[4]).toMatch(/10ms +1\.99s +none$/)
})

test('wide shows files, resources and times; a project and CPU only where there is one', () => {
  expect(table(listPods(stored(), [flakyPod('shop')], true))).toEqual([
    'NAME     READY   STATUS      RESTARTS   AGE   FILE                 QOS         MEMORY        PEAK MEM   CPU TIME   PENDING   DURATION   NETWORK',
    'shop-1   0/1     Completed   2          5s    tests/shop.test.ts   Burstable   128Mi/256Mi   64Mi       1.35s      30ms      3.12s      none',
  ])
  const two = pod('two', { project: 'unit', files: ['a.test.ts', 'b.test.ts'], limits: { cpu: 500 } })
  const [head, row] = table(listPods(stored('ended', runReport([two])), [two], true))
  expect(head).toMatch(/FILE +PROJECT +QOS +CPU +MEMORY/)
  expect(row).toMatch(/a\.test\.ts \+ 1 +unit +Burstable +-\/500m +128Mi\/-/)
})

test('names hold nothing that a terminal would obey', () => {
  const evil = pod('evil', { files: ['a\x1b]0;owned\x07.test.ts'] })
  expect(formatListing(listPods(stored(), [evil], true), { output: 'wide' }, false)).not.toContain('\x1b]0')
})

test('usage, runs, nodes and events have their tables', () => {
  expect(table(listUsage(stored(), [killedPod('album'), pendingPod('video')]))).toEqual([
    'NAME      CPU TIME   PEAK MEMORY   REQUEST   LIMIT   USED     FILE',
    'album-1   450ms      256Mi         128Mi     256Mi   100%     tests/album.test.ts',
    'video-1   <none>     <none>        128Mi     256Mi   <none>   tests/video.test.ts',
  ])
  expect(table(listRuns([stored('ended'), stored('died')], false))).toEqual([
    'NAME                   STATUS      PODS   FAILED   FLAKY   DURATION   AGE',
    '20260102-030405000-1   Completed   7      1        1       2.00s      5s',
    '20260102-030405000-1   Died        7      1        1       2.00s      5s',
  ])
  expect(table(listNodes(stored(), false))).toEqual([
    'NAME        STATUS   CPU   MEMORY   REQUESTED   PODS',
    'localhost   Ready    2     1Gi      384Mi       3/2',
  ])
  expect(table(listEvents(stored(), undefined, false))).toEqual([
    'LAST SEEN         TYPE      REASON           OBJECT           MESSAGE',
    '5s                Normal    Scheduled        pod/album-1      requests memory 128Mi of 1Gi',
    '4s                Warning   OOMKilling       pod/album-1      tests/album.test.ts used more than its memory limit 256Mi.',
    '3s (x3 over 5s)   Warning   MemoryPressure   node/localhost   admission pauses',
  ])
  expect(listEvents(stored(), [killedPod('album')], false).rows).toHaveLength(2)
})

test('JSON and YAML are what Kubernetes has, so that what one knows of jq works', () => {
  const listing = listPods(stored(), [killedPod('album'), withServices], false)
  const json: unknown = JSON.parse(formatListing(listing, { output: 'json' }, false))
  expect(parse(formatListing(listing, { output: 'yaml' }, false))).toEqual(json)
  expect(json).toMatchObject({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'album-1', namespace: 'default', creationTimestamp: '2026-01-02T03:04:05Z' },
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'test',
              resources: { limits: { memory: '256Mi', 'ephemeral-storage': '2Gi' }, requests: { memory: '128Mi' } },
            },
          ],
        },
        status: {
          phase: 'Failed',
          reason: 'OOMKilled',
          qosClass: 'Burstable',
          containerStatuses: [
            {
              restartCount: 0,
              ready: false,
              state: {
                terminated: { exitCode: 137, signal: 9, reason: 'OOMKilled', startedAt: '2026-01-02T03:04:05Z' },
              },
            },
          ],
          attempts: [{ peakMemory: 256 * MIB }],
        },
      },
      {
        status: {
          phase: 'Running',
          conditions: [
            { type: 'PodScheduled', status: 'True' },
            { type: 'Initialized', status: 'True' },
            { type: 'ContainersReady', status: 'False' },
            { type: 'Ready', status: 'False' },
          ],
          containerStatuses: [
            { name: 'test', ready: true, state: { running: { startedAt: '2026-01-02T03:04:05Z' } } },
            { name: 'postgres', ready: true, state: { running: {} } },
            { name: 'redis', ready: false, restartCount: 1 },
          ],
        },
      },
    ],
  })
  const single: unknown = JSON.parse(formatListing(listPods(stored(), [pod('cart')], false), { output: 'json' }, true))
  expect(single).toMatchObject({
    kind: 'Pod',
    status: { containerStatuses: [{ state: { terminated: { exitCode: 0 } } }] },
  })
  expect(formatListing(listing, { output: 'yaml' }, false)).toContain('creationTimestamp: "2026-01-02T03:04:05Z"')
  expect(formatListing(listing, { output: 'name' }, false)).toBe('pod/album-1\npod/db-1\n')
})

test('an amount that is no whole unit stays exact', () => {
  const odd = pod('odd', { limits: { memory: 100 * MIB + 1, cpu: 1500 } })
  expect(listPods(stored(), [odd], false).rows[0]?.object).toMatchObject({
    spec: { containers: [{ resources: { limits: { memory: '104857601', cpu: '1500m' } } }] },
  })
})

test('rows are selected by fields and sorted by what is most', () => {
  const { rows } = listPods(stored(), report.pods, false)
  const selected = (selector: string) =>
    rows.filter(({ object }) => parseFieldSelector(selector, 'pod')(object)).map(({ name }) => name)
  expect(selected('status.phase=Failed')).toEqual(['album-1'])
  expect(selected('status.phase!=Running, metadata.name!=cart-1,spec.restartPolicy==Never')).toEqual([
    'album-1',
    'video-1',
  ])
  expect(selected('status.reason=')).toHaveLength(6)
  expect(() => selected('status.fase=Failed')).toThrow(/status\.fase=Failed[\s\S]*status\.phase/)
  expect(() => selected('failed')).toThrow(/FIELD=VALUE/)
  const sorted = (key: string) => sortRows(rows, key).map(({ name }) => name)
  expect(sorted('memory').slice(0, 2)).toEqual(['album-1', 'cart-1'])
  expect(sorted('cpu')[0]).toBe('shop-1')
  expect(sorted('name').slice(0, 3)).toEqual(['album-1', 'cart-1', 'db-1'])
})

test('pods are found by their names and by files, and the nearest name is told', () => {
  const chosen = (...names: string[]) => choosePods(report, names).map(({ name }) => name)
  expect(chosen('album-1')).toEqual(['album-1'])
  for (const file of [
    'tests/album.test.ts',
    'album.test.ts',
    './tests/album.test.ts',
    `${report.run.root}/tests/album.test.ts`,
  ])
    expect(chosen(file)).toEqual(['album-1'])
  expect(chosen('video-1', 'cart-1')).toEqual(['cart-1', 'video-1'])
  expect(chosen()).toHaveLength(report.pods.length)
  expect(() => chosen('albun-1')).toThrow(/no pod and no file 'albun-1'[\s\S]*Did you mean album-1\?/)
  expect(() => choosePods(runReport([]), ['a'])).toThrow(/no pods at all/)
})
