import { describe, expect, it } from 'vitest'
import { type Death, deathError } from '../../plugin/death.ts'

const Mi = 2 ** 20

const death: Death = {
  reason: 'Error',
  file: 'src/big.test.ts',
  running: ['cart > totals'],
  collected: true,
  status: { reason: 'Error', exitCode: 139, signal: 'SIGSEGV', largestProcesses: [], deniedCalls: [], leftBehind: [] },
  stderrTail: '',
}

describe('the sentence about a dead pod', () => {
  it('for memory names limit, peak, test, processes and what to write where', () => {
    const { name, message } = deathError({
      ...death,
      reason: 'OOMKilled',
      status: {
        ...death.status,
        reason: 'OOMKilled',
        peakMemory: 64 * Mi,
        memoryLimit: 64 * Mi,
        largestProcesses: [
          { pid: 2, command: '/usr/bin/node --require /long/path.cjs entry.js', rss: 61 * Mi },
          { pid: 9, command: '/usr/bin/convert big.png', rss: 2 * Mi },
        ],
      },
    })
    expect(`${name}: ${message}`).toMatchInlineSnapshot(
      `"OOMKilled: src/big.test.ts used more than its memory limit 64Mi (peak 64Mi) while running "cart > totals". Largest processes: node (pid 2) 61Mi, convert big.png (pid 9) 2Mi. Raise it with resources.limits.memory, in an override, or with // @mydocker limits.memory=128Mi in the file."`,
    )
  })

  it('does not advise to raise a limit that was not there', () => {
    const { message } = deathError({ ...death, reason: 'OOMKilled' })
    expect(message).toContain('an enclosing cgroup or the machine is too small')
    expect(message).not.toContain('limits.memory')
  })

  it('does not blame the limit that a file was far below', () => {
    const { message } = deathError({
      ...death,
      reason: 'OOMKilled',
      status: { ...death.status, reason: 'OOMKilled', peakMemory: 512 * Mi, memoryLimit: 4096 * Mi },
    })
    expect(message).toBe(
      'src/big.test.ts was killed because memory ran out (peak 512Mi) while running "cart > totals". It was below its own limit 4Gi, so an enclosing cgroup or the machine is too small.',
    )
  })

  it('for a signal names it', () => {
    expect(deathError(death).message).toBe(
      'src/big.test.ts: the test process was ended by SIGSEGV (exit code 139) while running "cart > totals".',
    )
  })

  it('for an exit code says that the file was not done, even if the code is 0', () => {
    const { message } = deathError({
      ...death,
      status: { reason: 'Completed', exitCode: 0, largestProcesses: [], deniedCalls: [], leftBehind: [] },
    })
    expect(message).toContain('ended with exit code 0 before the file was done')
  })

  it('explains the abort of a full JavaScript heap', () => {
    const { message } = deathError({
      ...death,
      stderrTail: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
      status: { ...death.status, signal: 'SIGABRT', exitCode: 134, memoryLimit: 256 * Mi },
    })
    expect(message).toContain('JavaScript heap was full')
    expect(message).toContain('--max-old-space-size')
  })

  it('says when the file was still being loaded', () => {
    expect(deathError({ ...death, running: [], collected: false }).message).toContain('while it was being loaded')
  })

  it('counts the other tests when several ran at once', () => {
    expect(deathError({ ...death, running: ['a', 'b', 'c'] }).message).toContain('while running "a" and 2 more')
  })

  it('for a deadline names the bound and the way to raise it', () => {
    const { name, message } = deathError({ ...death, reason: 'DeadlineExceeded', activeDeadlineSeconds: 30 })
    expect(name).toBe('DeadlineExceeded')
    expect(message).toContain('longer than activeDeadlineSeconds 30 while running "cart > totals"')
    expect(message).toContain('// @mydocker activeDeadlineSeconds=60')
  })
})
