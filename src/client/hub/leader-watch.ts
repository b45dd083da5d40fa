/** Milliseconds between two checks. */
const INTERVAL = 2_000

/** Callbacks for a silence of the leader. */
export interface WatchOwner {
  isLeading(): boolean
  /** Asks the leader for a message, to which it replies at once. */
  ask(): void
  /** Called when the leader does not reply. */
  takeOver(): void
}

/**
 * Detects a leader that hangs and therefore keeps its lock. Only a visible tab judges: timers of hidden tabs are late, and a tab
 * that was paused itself restarts its check.
 */
export class LeaderWatch {
  readonly #owner: WatchOwner
  #timer: ReturnType<typeof setInterval> | undefined
  #lastContactAt = 0
  #checkedAt = 0

  constructor(owner: WatchOwner) {
    this.#owner = owner
  }

  start(): void {
    this.#lastContactAt = this.#checkedAt = Date.now()
    this.#timer = setInterval(() => this.#check(), INTERVAL)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Called when a message of another tab arrives. */
  touch(): void {
    this.#lastContactAt = Date.now()
  }

  #check(): void {
    const now = Date.now()
    const { document } = globalThis as { document?: { readonly visibilityState: string } }
    const late = now - this.#checkedAt > 2 * INTERVAL
    const silence = now - this.#lastContactAt
    this.#checkedAt = now
    if (this.#owner.isLeading() || late || document?.visibilityState === 'hidden') this.#lastContactAt = now
    else if (silence > 2 * INTERVAL) this.#owner.takeOver()
    else if (silence > INTERVAL / 2) this.#owner.ask()
  }
}
