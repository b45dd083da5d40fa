import type { Cursor } from '../log/event-log.ts'
import type { LiveLog } from '../log/live-log.ts'
import { isAhead } from '../log/position.ts'
import { type DisconnectSource, offDisconnect, onDisconnect } from '../stream/client-disconnect.ts'

/** The polls of a channel that wait for an event. */
export class Waits {
  readonly #live: LiveLog
  readonly #waiting = new Set<() => void>()

  constructor(live: LiveLog) {
    this.#live = live
  }

  /** Resolves when the head of the log has moved past a position, after the time, or when the client has disconnected. */
  wait(after: Cursor, milliseconds: number, client: DisconnectSource): Promise<void> {
    const live = this.#live
    live.flush()
    const { head } = live
    // The log may have moved on since it was read.
    if (head !== undefined && head !== after && !isAhead(after, head)) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        live.stopWaiting(waiter)
        this.#waiting.delete(done)
        offDisconnect(client, waiter)
        resolve()
      }
      const waiter = { resume: done, handleEvent: done }
      const timer = setTimeout(done, milliseconds)
      live.waitForHead(waiter)
      this.#waiting.add(done)
      onDisconnect(client, waiter)
    })
  }

  /** Ends all waits. */
  stop(): void {
    for (const done of [...this.#waiting]) done()
  }
}
