import type { DeniedCall } from '../spec.ts'

/** So many are named one by one. */
const NAMED = 5

/** `mount (by mount), unshare (by node) and 2 more` */
export function describeDenied(calls: readonly DeniedCall[]): string {
  const named = calls
    .slice(0, NAMED)
    .map(({ syscall, command }) => (command === '' ? syscall : `${syscall} (by ${command})`))
  const more = calls.length > NAMED ? [`${calls.length - NAMED} more`] : []
  return new Intl.ListFormat('en').format([...named, ...more])
}
