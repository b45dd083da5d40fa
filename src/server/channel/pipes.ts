import { paced, pipe, type SourceEvent } from '../stream/pipe.ts'
import { cursorMoved } from '../stream/stream.ts'

/** The sources that are piped into a channel. */
export class Pipes {
  readonly #running = new Set<() => void>()

  /**
   * Publishes the events of a source, each after the one before was appended.
   *
   * @returns whether the source has ended; `false` when it was stopped. Rejects when an event could not be published.
   * @throws {EventwireError} `invalid-option` when the source is not one.
   */
  add(source: unknown, publish: (event: SourceEvent) => Promise<unknown>): Promise<boolean> {
    let settle!: (ended: boolean | Promise<never>) => void
    const piped = new Promise<boolean>((resolve) => {
      settle = (ended) => {
        this.#running.delete(stop)
        resolve(ended)
      }
    })
    let published: Promise<unknown> | undefined
    const stop = pipe(source, {
      room: paced(() => published),
      take(event) {
        if (event.id !== undefined) throw cursorMoved(event.id)
        published = publish(event)
      },
      ended: settle,
      failed: (cause) => settle(Promise.reject(cause)),
    })
    this.#running.add(stop)
    return piped
  }

  stop(): void {
    for (const stop of this.#running) stop()
  }
}
