import path from 'node:path'
import { MydockerError } from '../errors.ts'
import { show } from '../show.ts'
import type { ContainerSpec, VolumeMount } from '../spec.ts'

/** uts_namespaces(7): __NEW_UTS_LEN. */
const HOSTNAME_MAX_BYTES = 64
const PORT_MAX = 65_535
/** The last id that is not "no id" (chown(2)). */
const ID_MAX = 0xffff_fffe

export function parseHostname(text: string): string {
  const isName = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) && text.length <= HOSTNAME_MAX_BYTES
  if (!isName) throw problem('--hostname', `${show(text)} is not up to 64 letters, digits, dots and hyphens`)
  return text
}

export function parsePort(text: string): number {
  return number('--host-port', text, 'a port', 1, PORT_MAX)
}

/** `NAME=VALUE`; the value may be empty and may contain `=`. */
export function parseVariable(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1)
    throw problem('--env', `${show(text)} is not NAME=VALUE; variables of this environment are inherited anyway`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** `UID` or `UID:GID`, in numbers. */
export function parseUser(text: string): ContainerSpec['user'] {
  const [uid = '', gid = uid, ...rest] = text.split(':')
  if (rest.length > 0) throw problem('--user', `${show(text)} is not UID or UID:GID`)
  return {
    uid: number('--user', uid, 'a numeric user id', 0, ID_MAX),
    gid: number('--user', gid, 'a numeric group id', 0, ID_MAX),
  }
}

/** `SOURCE:TARGET` or `SOURCE:TARGET:ro`, as of `docker run --volume`; a relative source is below the current directory. */
export function parseVolume(text: string): VolumeMount {
  const [source = '', target = '', mode = 'rw', ...rest] = text.split(':')
  const isVolume = source !== '' && path.isAbsolute(target) && (mode === 'ro' || mode === 'rw') && rest.length === 0
  if (!isVolume)
    throw problem('--volume', `${show(text)} is not SOURCE:TARGET or SOURCE:TARGET:ro with an absolute TARGET`)
  return { hostPath: path.resolve(source), mountPath: path.normalize(target), readOnly: mode === 'ro' }
}

function number(flag: string, text: string, what: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw problem(flag, `${show(text)} is not ${what}: a whole number from ${least} to ${most}`)
}

function problem(flag: string, message: string): MydockerError {
  return new MydockerError({ stage: 'options', message: `${flag}: ${message}` })
}
