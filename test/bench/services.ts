import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Command } from 'commander'
import { markdownTable } from 'markdown-table'
import { median } from 'simple-statistics'
import { machine, machineLine } from '../support/machine.ts'
import { makeProjectIn, type Project, removeProjects } from '../support/project.ts'
import { toolbox } from '../support/toolbox.ts'
import { vitest } from '../support/vitest-run.ts'
import { contenders, files } from './services-suite.ts'

// npm run bench:services: what it costs that every test file has a PostgreSQL and a Redis of its own. Prints Markdown.
const program = new Command('bench:services')
  .option('--files <number>', 'test files of the suite', Number, 10)
  .option('--rounds <number>', 'runs of each, interleaved', Number, 3)
  .parse(process.argv)
const { files: count, rounds } = program.opts<{ files: number; rounds: number }>()

const host = machine()
const platform = { vitest: '5.1', node: 24 } as const
const room = await mkdtemp(join(tmpdir(), 'bench-services-'))
try {
  const project = await makeProjectIn(await toolbox(platform.vitest), platform, files(count, room))
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  // What is made once (a template, podman's storage) is made in a round that does not count.
  for (let round = -1; round < rounds; round++)
    for (const { name, config } of contenders) {
      const time = await timed(project, config)
      if (round >= 0) times.get(name)?.push(time)
    }
  const rows = [...times].map(([name, all]) => [
    name,
    `${median(all).toFixed(1)} s`,
    `${((median(all) / count) * 1000).toFixed(0)} ms`,
  ])
  const head = ['each of the files has', `${count} files`, 'per file']
  process.stdout.write(
    `${machineLine(host)} Medians of ${rounds}.\n\n${markdownTable([head, ...rows], { align: ['l', 'r', 'r'] })}\n`,
  )
} finally {
  await removeProjects()
  await rm(room, { recursive: true, force: true })
}

/** @returns seconds. @throws Error unless all tests have passed */
async function timed(project: Project, config: string): Promise<number> {
  const begin = performance.now()
  const run = await vitest(project, ['run', `--config=${config}`, '--maxWorkers=2']).ended
  if (run.exitCode !== 0) throw new Error(`${config}: exit status ${run.exitCode}\n${run.output}`)
  return (performance.now() - begin) / 1000
}
