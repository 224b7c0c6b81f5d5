/** What went wrong, for a table or a line of progress. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
