interface Target {
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void
}

/**
 * Calls back when the page is put away, frozen or into the back/forward cache, and when it is back. A page that holds a lock or a channel
 * then would keep it from others, or be thrown away.
 */
export function watchPageLife(signal: AbortSignal, away: () => void, back: () => void): void {
  const page = globalThis as unknown as Target & { readonly document?: Target }
  for (const [target, leaving, coming] of [
    [page, 'pagehide', 'pageshow'],
    [page.document, 'freeze', 'resume'],
  ] as const) {
    target?.addEventListener?.(leaving, away, { signal })
    target?.addEventListener?.(coming, back, { signal })
  }
}
