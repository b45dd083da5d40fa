/** Milliseconds between two checks. */
export const CHECK_INTERVAL = 2_000

/** A tab that watches its leader. */
export interface WatchingTab {
  readonly leading: boolean
  /** The number of checks since the last message of the leader. */
  silentChecks: number
  /** Asks the leader for a message, to which it replies at once. */
  want(): void
}

/**
 * Calls `takeOver` for a leader that hangs and therefore keeps its lock. Counts checks rather than milliseconds, so a tab that was paused itself
 * does not blame the leader. Only a visible tab judges, because timers of hidden tabs are late.
 */
export function watchLeader(tab: WatchingTab, takeOver: () => void): ReturnType<typeof setInterval> {
  tab.silentChecks = 0
  return setInterval(() => {
    const { document } = globalThis as { document?: { readonly visibilityState: string } }
    if (tab.leading || document?.visibilityState === 'hidden') tab.silentChecks = 0
    else if (++tab.silentChecks > 2) takeOver()
    else if (tab.silentChecks > 1) tab.want()
  }, CHECK_INTERVAL)
}
