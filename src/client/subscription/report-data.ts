/**
 * Reports an error that a server's data caused to `reportError` of a page. Elsewhere it stays in the state: `reportError` of Bun
 * and Deno ends the process, and data from a server must never do that.
 */
export function reportData(error: unknown): void {
  if (typeof location === 'object') globalThis.reportError?.(error)
}
