import { formatAge } from '../../duration.ts'

/** A point in time as kubectl describes it, RFC 1123 with a numeric zone, and how long ago that was. */
export function date(time: number): string {
  return `${new Date(time).toUTCString().replace(' GMT', ' +0000')} (${formatAge(Date.now() - time)} ago)`
}
