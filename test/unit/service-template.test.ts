import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { type TemplateRequest, Templates } from '../../plugin/service-template.ts'
import { specOf } from '../support/container.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mydocker-templates-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
})

const open = (): Templates =>
  new Templates(
    () => root,
    () => {},
  )

/** @param onMade is called each time that it is made */
function request(command: [string, ...string[]] = ['initdb'], onMade: () => void = () => {}): TemplateRequest {
  return {
    spec: specOf(command),
    mountPath: '/srv',
    make: async (directory) => {
      onMade()
      await new Promise((resolve) => setImmediate(resolve))
      writeFileSync(join(directory, 'file'), 'content')
    },
  }
}

test('it is made once, by whoever asks first, and found by later runs', async () => {
  const onMade = vi.fn()
  const asked = request(['initdb'], onMade)
  const templates = open()
  const [one, two] = await Promise.all([templates.get(asked), templates.get(asked)])
  expect(await open().get(asked)).toBe(one)
  expect(two).toBe(one)
  expect(onMade).toHaveBeenCalledOnce()
  expect(readFileSync(join(one, 'file'), 'utf8')).toBe('content')
})

test('runs at the same time make it each for itself, and have the same one in the end', async () => {
  const asked = request()
  const all = await Promise.all([open(), open(), open()].map((templates) => templates.get(asked)))
  expect(new Set(all).size).toBe(1)
  expect(readdirSync(root)).toHaveLength(1)
})

test('of one that fails nothing is left, and it is tried again', async () => {
  const templates = open()
  const failing: TemplateRequest = { ...request(), make: () => Promise.reject(new Error('no space')) }
  await expect(templates.get(failing)).rejects.toThrow('no space')
  expect(readdirSync(root)).toEqual([])
  expect(readFileSync(join(await templates.get(request()), 'file'), 'utf8')).toBe('content')
})

test('it is another one for another command, place, environment, user or program', async () => {
  const templates = open()
  const program = join(root, '../', `${root.split('/').at(-1)}-program`)
  onTestFinished(() => rmSync(program))
  writeFileSync(program, '')
  const plain = request([program])
  const places = [await templates.get(plain)]
  const { spec } = plain
  // Its owner cannot be given by an ordinary user: what is asked here is only whether it is another one.
  for (const other of [
    request([program, '--more']),
    { ...plain, mountPath: '/other' },
    { ...plain, spec: { ...spec, env: { TZ: 'UTC' } } },
    { ...plain, spec: { ...spec, user: { ...spec.user, gid: spec.user.gid + 1 } } },
  ])
    places.push(await templates.get({ ...other, make: async () => {} }))
  utimesSync(program, 1, 1)
  places.push(await templates.get(plain))
  expect(new Set(places).size).toBe(6)
})

test('what has not been used for a month is removed when another one is made', async () => {
  const old = join(root, 'old')
  mkdirSync(old)
  utimesSync(old, 1, 1)
  await open().get(request())
  expect(readdirSync(root)).not.toContain('old')
})
