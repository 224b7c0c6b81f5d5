import type { Milliseconds } from '../runtime/units.ts'

/** @returns whether the promise was fulfilled in that time; it goes on, if not */
export async function within(milliseconds: Milliseconds, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  const isInTime = await Promise.race([promise.then(() => true), late])
  clearTimeout(timer)
  return isInTime
}
