import { expect, test } from 'vitest'
import { parseMountinfo, visibleMounts } from '../../runtime/mountinfo.ts'

const TABLE = `26 1 254:0 / / rw,relatime - ext4 /dev/vda rw
21 26 0:20 / /proc rw - proc proc rw
30 26 0:30 / /data rw shared:1 master:2 - tmpfs data rw,size=4k
31 30 0:31 / /data/in\\040side ro,nosuid - tmpfs in\\011side ro
32 26 0:32 / /data rw - xfs covers rw
33 32 0:33 / /data/x rw - tmpfs x rw
`

test('fields are parsed, escapes undone', () => {
  expect(parseMountinfo(TABLE)[3]).toEqual({
    id: 31,
    parent: 30,
    device: '0:31',
    root: '/',
    mountPoint: '/data/in side',
    options: ['ro', 'nosuid'],
    fsType: 'tmpfs',
    source: 'in\tside',
    superOptions: ['ro'],
  })
})

test('a mount that is covered by a later one is not visible, nor what sits on it', () => {
  expect(visibleMounts(parseMountinfo(TABLE)).map(({ id }) => id)).toEqual([26, 21, 32, 33])
})
