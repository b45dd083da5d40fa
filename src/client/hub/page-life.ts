interface Target {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void
}

/**
 * Calls back when the browser freezes the page or moves it to the back/forward cache, and when the page resumes. A frozen page that
 * holds a lock would block other tabs, and the browser may discard a page that holds a channel.
 */
export function watchPageLife(signal: AbortSignal, away: () => void, back: () => void): void {
  const page = globalThis as unknown as Target & { readonly document?: Target }
  const watch = (type: string, listener: () => void, target: Target | undefined = page) =>
    target?.addEventListener?.(type, listener, { signal })
  watch('pagehide', away)
  watch('pageshow', back)
  watch('freeze', away, page.document)
  watch('resume', back, page.document)
}
