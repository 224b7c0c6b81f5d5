import { afterAll } from 'vitest'
import { removeProjects } from './project.ts'
import { stopRunning } from './vitest-run.ts'

// Vitest's `setupFiles` of the end-to-end tests.
afterAll(async () => {
  await stopRunning()
  await removeProjects()
})
