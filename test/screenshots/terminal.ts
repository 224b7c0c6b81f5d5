import process from 'node:process'
import { AnsiUp } from 'ansi_up'
import { openCgroups, runName } from '../../runtime/cgroup/index.ts'
import type { Bytes } from '../../runtime/units.ts'
import { tryCommand } from '../support/command.ts'
import type { Project } from '../support/project.ts'

/** Runs Vitest as in a terminal. @returns what it printed, with colours */
export async function run(project: Project, args: readonly string[]): Promise<string> {
  return await runIn(project, [], args)
}

/** The same where pods can have no more than `memory` less a reserve. */
export async function runOnSmallNode(project: Project, memory: Bytes, args: readonly string[]): Promise<string> {
  const onEvent = ({ message }: { message: string }): void => {
    throw new Error(`the pictures need memory cgroups: ${message}`)
  }
  const cgroups = openCgroups({ runName: runName(), onEvent, strict: true })
  try {
    return await runIn(project, cgroups.create('node', { memory }).procsFiles, args)
  } finally {
    await cgroups.close()
  }
}

/** @param procsFiles of the cgroup that it enters */
async function runIn(project: Project, procsFiles: readonly string[], args: readonly string[]): Promise<string> {
  const enter = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@" 2>&1'
  const words = [project.node, project.vitest, 'run', ...args]
  const env = { PATH: process.env.PATH, HOME: project.home, FORCE_COLOR: '1' }
  const options = { cwd: project.directory, env }
  const { stdout } = await tryCommand('sh', ['-c', enter, 'sh', ...procsFiles, '--', ...words], options)
  return stdout.replaceAll(project.directory, '~/shop').trim()
}

/** What was printed, as a page that looks like a terminal. */
export function terminalPage(text: string): string {
  const coloured = new AnsiUp()
  coloured.use_classes = true
  // No font that Chromium finds on a server has the line that Vitest draws.
  const html = coloured.ansi_to_html(text.replaceAll('\u{23af}', '\u{2500}'))
  return `<!doctype html><meta charset="utf-8"><style>
body{margin:0;padding:18px 22px;background:#0d1117;color:#e6edf3}
pre{margin:0;font:13.5px/1.45 "DejaVu Sans Mono",monospace;white-space:pre-wrap}
.ansi-red-fg{color:#ff7b72}.ansi-green-fg{color:#3fb950}.ansi-yellow-fg{color:#d29922}.ansi-cyan-fg{color:#56d4dd}
.ansi-blue-fg{color:#79c0ff}.ansi-magenta-fg{color:#d2a8ff}.ansi-black-fg{color:#0d1117}
.ansi-red-bg{background:#f85149;color:#0d1117}.ansi-cyan-bg{background:#39c5cf}.ansi-green-bg{background:#3fb950}.ansi-yellow-bg{background:#d29922}
</style><pre><span class="ansi-green-fg">$</span> npx vitest run\n\n${html}</pre>`
}
