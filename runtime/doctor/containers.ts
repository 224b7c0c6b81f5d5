import { accessSync, constants, existsSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { isWithin, readMounts, visibleMounts } from '../mountinfo.ts'
import { OWN, PSEUDO } from '../rootfs.ts'
import { RUNTIME_DEFAULT } from '../seccomp/runtime-default.ts'
import type { ContainerSpec, ContainerStatus } from '../spec.ts'
import { type Host, shellSpec } from './host.ts'
import type { Finding } from './report.ts'

/** Everything at once, as the engine does it before its first container. */
export async function wholeContainer(host: Host): Promise<Finding> {
  const start = performance.now()
  await host.engine()
  return { status: 'ok', detail: `made, run and removed in ${Math.round(performance.now() - start)} ms` }
}

/** Of system calls. */
export async function seccompFilter(host: Host): Promise<Finding> {
  const { output } = await runScript(host, 'grep ^Seccomp: /proc/self/status', [], { seccomp: RUNTIME_DEFAULT })
  if (/^Seccomp:\s+2$/m.test(output)) return { status: 'ok', detail: "system calls of Docker's default list only" }
  return { status: 'missing', detail: 'the filter was installed, and is not in force' }
}

export async function copyOnWrite(host: Host): Promise<Finding> {
  const place = [host.directory, process.env.HOME, '/var/tmp'].find((each) => each !== undefined && isWritable(each))
  if (place === undefined) return { status: 'ok', detail: 'nothing here is writable' }
  const { refused, escaped } = await write(host, [place])
  if (escaped.length > 0) return { status: 'missing', detail: `what is written to ${place} reaches the host` }
  if (refused.length > 0) return { status: 'degraded', detail: `${place} is read-only inside` }
  const detail = `a file written to ${place} stayed inside`
  if (!host.warnings.some(({ reason }) => reason === 'DirectoryRemovalUnavailable')) return { status: 'ok', detail }
  return { status: 'degraded', detail: `${detail}; directories cannot be removed inside`, cure: 'Linux 6.6, or root.' }
}

/** What else is mounted below /: an overlay of the root alone would show empty directories there. */
export async function nestedMounts(host: Host): Promise<Finding> {
  const places = visibleMounts(readMounts())
    .filter(({ mountPoint, fsType }) => !PSEUDO.has(fsType) && !OWN.some((own) => isWithin(mountPoint, own)))
    .map(({ mountPoint }) => mountPoint)
    .filter((place) => place !== '/')
    .slice(0, NESTED_MAX)
  if (places.length === 0) return { status: 'ok', detail: 'none' }
  const unseen = await findUnseen(host, places)
  const { refused, escaped } = await write(host, places.filter(isWritable))
  if (escaped.length > 0)
    return { status: 'missing', detail: `what is written to ${escaped.join(', ')} reaches the host` }
  if (unseen.length > 0) return { status: 'degraded', detail: `not visible inside: ${unseen.join(', ')}` }
  if (refused.length > 0) return { status: 'degraded', detail: `read-only inside: ${refused.join(', ')}` }
  return { status: 'ok', detail: `${places.length}, visible and copy-on-write` }
}

/** Runs a script in a container to its end. */
export async function runScript(
  host: Host,
  script: string,
  args: readonly string[],
  more: Partial<Pick<ContainerSpec, 'limits' | 'seccomp' | 'network'>> = {},
): Promise<{ readonly output: string; readonly status: ContainerStatus }> {
  const engine = await host.engine()
  const container = await engine.create({ ...shellSpec(host.directory, script, args), ...more })
  try {
    const [output, , status] = await Promise.all([
      container.stdout ? text(container.stdout) : '',
      container.stderr ? text(container.stderr) : '',
      container.ended,
    ])
    return { output, status }
  } finally {
    await container.remove()
  }
}

/** More than any host is known to have; an argument list has an end. */
const NESTED_MAX = 500

/** Of the mounts with something in them, those in which nothing of it is seen inside. */
async function findUnseen(host: Host, places: readonly string[]): Promise<string[]> {
  const witnesses = places.map((place) => firstEntry(place) ?? place)
  const { output } = await runScript(
    host,
    'for p do [ -e "$p" ] || [ -L "$p" ] && echo seen || echo unseen; done',
    witnesses,
  )
  const answers = output.split('\n')
  return places.filter((_, index) => answers[index] !== 'seen')
}

/** Writes a file inside to each directory. A file that is seen outside then is removed there. */
async function write(
  host: Host,
  places: readonly string[],
): Promise<{ readonly refused: readonly string[]; readonly escaped: readonly string[] }> {
  const name = `.mydocker-doctor-${process.pid}`
  const files = places.map((place) => path.join(place, name))
  const { output } = await runScript(host, 'for p do (: >"$p") 2>&- && echo written || echo refused; done', files)
  const answers = output.split('\n')
  const escaped = files.filter((file) => existsSync(file))
  for (const file of escaped) rmSync(file)
  return {
    refused: places.filter((_, index) => answers[index] !== 'written'),
    escaped: escaped.map((file) => path.dirname(file)),
  }
}

function firstEntry(directory: string): string | undefined {
  try {
    const [name] = readdirSync(directory)
    return name === undefined ? undefined : path.join(directory, name)
  } catch {
    // A file, or a directory that may not be listed.
    return undefined
  }
}

function isWritable(directory: string): boolean {
  try {
    // Of a file there is no such path.
    accessSync(`${directory}/.`, constants.W_OK)
    return true
  } catch {
    return false
  }
}
