import { randomOf } from './seeds.ts'
import type { Clock, SweepFile } from './types.ts'

/**
 * Times at which code that takes time for something simple is wrong: turns of the day, here or in Greenwich, of the month and the year; the
 * day that only some years have; days of 23 and 25 hours; after the last second of a signed 32-bit time_t; and zones that are on another date.
 */
const CLOCKS: readonly Clock[] = [
  { start: '2027-06-15T23:59:59.950Z', timeZone: 'UTC' },
  { start: '2028-02-29T12:00:00.000Z', timeZone: 'Europe/Berlin' },
  { start: '2027-01-31T10:30:00.000Z', timeZone: 'America/New_York' },
  { start: '2027-12-31T23:59:59.950Z', timeZone: 'UTC' },
  // 25 hours, then 23.
  { start: '2027-11-07T05:30:00.000Z', timeZone: 'America/New_York' },
  { start: '2027-03-28T00:30:00.000Z', timeZone: 'Europe/Berlin' },
  { start: '2039-05-05T05:05:05.000Z', timeZone: 'Asia/Kolkata' },
  // Tomorrow already, and still yesterday.
  { start: '2027-08-31T11:15:00.000Z', timeZone: 'Pacific/Kiritimati' },
  { start: '2027-03-01T03:00:00.000Z', timeZone: 'Pacific/Pago_Pago' },
  // Local midnight.
  { start: '2027-10-09T14:59:59.950Z', timeZone: 'Asia/Tokyo' },
]

/** Every third run has one; files begin at different ones, and get to all of them. */
const RUNS_PER_CLOCK = 3

/** @param number of the run */
export function clockFor(seed: number, file: Pick<SweepFile, 'project' | 'file'>, number: number): Clock | undefined {
  const first = randomOf(seed, file, 'clock')
  return CLOCKS[(first + Math.floor(number / RUNS_PER_CLOCK)) % CLOCKS.length]
}
