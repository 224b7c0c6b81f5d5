import { expect, it } from 'vitest'
import { HeldReports } from '../../plugin/held-reports.ts'

function hold(): {
  held: HeldReports
  answers: unknown[]
  told: unknown[]
  tell: (...call: readonly unknown[]) => Promise<void>
} {
  const answers: unknown[] = []
  const told: unknown[] = []
  const held = new HeldReports((answer) => answers.push(answer))
  const tell = async (...call: readonly unknown[]): Promise<void> => {
    told.push(call)
  }
  return { held, answers, told, tell }
}

it('keeps reports and answers the worker that waits, but passes on what it asks', () => {
  const { held, answers } = hold()
  expect(held.keep({ t: 'q', i: '1', m: 'onTaskUpdate', a: [[], []] })).toBe(true)
  expect(held.keep({ t: 'q', m: 'onUserConsoleLog', a: [{}] })).toBe(true)
  expect(held.keep({ t: 'q', i: '2', m: 'fetch', a: ['/a.ts'] })).toBe(false)
  expect(answers).toEqual([{ t: 's', i: '1', r: undefined }])
})

it('returns an artifact as Vitest does', () => {
  const { held, answers } = hold()
  held.keep({ t: 'q', i: '1', m: 'onTaskArtifactRecord', a: ['id', { type: 'internal:annotation' }] })
  expect(answers).toEqual([{ t: 's', i: '1', r: { type: 'internal:annotation' } }])
})

it('hands everything on in order, once', async () => {
  const { held, told, tell } = hold()
  held.keep({ t: 'q', i: '1', m: 'onQueued', a: ['file'] })
  held.keep({ t: 'q', i: '2', m: 'onCollected', a: [['file']] })
  await held.release(tell)
  await held.release(tell)
  expect(told).toEqual([
    ['onQueued', 'file'],
    ['onCollected', ['file']],
  ])
})
