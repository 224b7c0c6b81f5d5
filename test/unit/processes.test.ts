import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { expect, test, vi } from 'vitest'
import { inspectProcess } from '../../runtime/processes.ts'

test('a process that lives is told with its arguments and its size', () => {
  const { pid, command, rss } = inspectProcess(process.pid) ?? {}
  expect(pid).toBe(process.pid)
  expect(command).toContain(process.execPath)
  expect(rss).toBeGreaterThan(1 << 20)
})

test('one that has ended, and that nobody has waited for, has nothing to tell', async () => {
  // What becomes of the shell does not know that it has a child.
  const parent = spawn('sh', ['-c', 'true & exec sleep 1000'], { stdio: 'ignore' })
  try {
    const zombie = await vi.waitFor(() => {
      const child = Number(readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8'))
      expect(child).toBeGreaterThan(0)
      expect(readFileSync(`/proc/${child}/status`, 'utf8')).toMatch(/^State:\s*Z/m)
      return child
    })
    expect(inspectProcess(zombie)).toBeUndefined()
  } finally {
    parent.kill('SIGKILL')
  }
})
