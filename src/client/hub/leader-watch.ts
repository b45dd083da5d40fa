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
  #heardAt = 0
  #lookedAt = 0

  constructor(owner: WatchOwner) {
    this.#owner = owner
  }

  start(): void {
    this.#heardAt = this.#lookedAt = Date.now()
    this.#timer = setInterval(() => this.#look(), INTERVAL)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Another tab was heard. */
  heard(): void {
    this.#heardAt = Date.now()
  }

  #look(): void {
    const now = Date.now()
    const { document } = globalThis as { document?: { readonly visibilityState: string } }
    const late = now - this.#lookedAt > 2 * INTERVAL
    const silence = now - this.#heardAt
    this.#lookedAt = now
    if (this.#owner.isLeading() || late || document?.visibilityState === 'hidden') this.#heardAt = now
    else if (silence > 2 * INTERVAL) this.#owner.takeOver()
    else if (silence > INTERVAL / 2) this.#owner.ask()
  }
}
