import process from 'node:process'
import { AnsiUp } from 'ansi_up'
import { tryCommand } from '../support/command.ts'
import type { Project } from '../support/project.ts'

/** Runs Vitest as in a terminal. @returns what it printed, with colours */
export async function run(project: Project, args: readonly string[]): Promise<string> {
  const { PATH } = process.env
  const env = { PATH, HOME: project.home, FORCE_COLOR: '1' }
  const script = 'exec "$@" 2>&1'
  const words = ['-c', script, 'sh', project.node, project.vitest, 'run', ...args]
  const { stdout } = await tryCommand('sh', words, { cwd: project.directory, env })
  return stdout.replaceAll(project.directory, '~/shop').trim()
}

/** What was printed, as a page that looks like a terminal. */
export function terminalPage(text: string): string {
  return `<!doctype html><meta charset="utf-8"><style>
body{margin:0;padding:18px 22px;background:#0d1117;color:#e6edf3}
pre{margin:0;font:13.5px/1.45 "DejaVu Sans Mono",monospace;white-space:pre-wrap}
b{font-weight:400;color:#7ee787}
</style><pre><b>$</b> npx vitest run\n\n${new AnsiUp().ansi_to_html(text)}</pre>`
}
