/** A value as its author wrote it, for an error text: `'10Mo'`, `7`, `a list`. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (value === null || typeof value !== 'object') return String(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}
