import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'

// Gives a program a fixed time, which a slow processor does not keep.
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('sees what the program printed', async () => {
  const program = spawn('sh', ['-c', 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo finished'])
  let printed = ''
  program.stdout.on('data', (chunk) => (printed += chunk))
  await sleep(450)
  program.kill()
  expect(printed).toContain('finished')
})
