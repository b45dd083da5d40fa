/** Milliseconds between two looks. */
const INTERVAL = 2_000

/** What follows from a silence. */
export interface WatchOwner {
  isLeading(): boolean
  /** Asks the leader, which replies at once. */
  ask(): void
  /** The leader does not reply. */
  takeOver(): void
}

/**
 * Finds out that the leader hangs, which keeps its lock. Only a tab that is visible can tell: timers of hidden tabs are late, and
 * after a pause of its own no tab can.
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

  /** A message of another tab arrived. */
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
