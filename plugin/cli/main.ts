#!/usr/bin/env node
import { createProgram, runProgram } from '../../runtime/cli/program.ts'
import { defineFlaky } from '../flaky/command-options.ts'

const program = createProgram()
defineFlaky(program.command('flaky'), async (filters, options) => {
  const { flaky } = await import('../flaky/command.ts')
  process.exitCode = await flaky(filters, options)
})
await runProgram(program)
