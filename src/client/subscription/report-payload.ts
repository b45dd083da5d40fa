/**
 * Shows a payload error that nobody listens for to `reportError` of a page. Elsewhere it is silent: Deno's `reportError` ends the
 * process, and a payload that somebody else sent must never do that.
 */
export function reportPayload(error: unknown): void {
  if (typeof location === 'object') globalThis.reportError?.(error)
}
