/** Of a whole, for a coordinate: short, since a page has thousands of them. */
export function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Number(((part / whole) * 100).toFixed(3))}%`
}

/** `1 pod`, `7 pods`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
