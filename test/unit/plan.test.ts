import { expect, test } from 'vitest'
import { encodePlan, RecordReader } from '../../runtime/plan.ts'

test('what is encoded is decoded, however the bytes are cut', () => {
  const steps = [['command', '/bin/sh', '-c', 'é\n'], ['empty', ''], ['alone']] as const
  // A record is a message of one step.
  const bytes = Buffer.concat(steps.map((step) => encodePlan([step])))
  for (let cut = 0; cut <= bytes.length; cut++) {
    const reader = new RecordReader()
    expect([...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]).toEqual(steps)
  }
})

test('a NUL byte, which would end a string early, is refused', () => {
  expect(() => encodePlan([['environment', 'A=b\0c']])).toThrow('NUL byte')
})
