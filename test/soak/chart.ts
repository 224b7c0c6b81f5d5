import type { Soaked } from './results.ts'
export function chart(_soaked: Soaked): string {
  return ''
}
