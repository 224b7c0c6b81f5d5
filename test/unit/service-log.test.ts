import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { ServiceLog } from '../../plugin/service-log.ts'
import type { Container } from '../../runtime/container.ts'

it('has all that a container printed which ended before it was followed', async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  stdout.end('no space\n')
  stderr.destroy()
  await once(stderr, 'close')
  const log = new ServiceLog()
  await log.follow({ stdout, stderr } as unknown as Container)
  expect(`${log}`).toBe('    no space')
})
