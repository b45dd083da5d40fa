import { END_EVENT } from '../../shared/wire/names.ts'
import { handled } from '../log/log-failure.ts'
import { drawRetry, type RetryRange } from '../stream/settings.ts'
import type { Pipes } from './pipes.ts'
import type { Subscribers } from './subscribers.ts'

/** Milliseconds between two checks whether the next streams are due. */
const ROUND = 20

/** How a channel closes: for good, by an end in its log, or in this process only, from which its clients are sent to another. */
export class Closing {
  readonly #subscribers: Subscribers
  readonly #pipes: Pipes
  /** Whether new streams, and whether publications, are refused. */
  #isLeaving = false
  #closed = false
  /** The final end, from the call of `close()` on; `undefined` again when it failed. */
  #ending: Promise<void> | undefined

  constructor(subscribers: Subscribers, pipes: Pipes) {
    this.#subscribers = subscribers
    this.#pipes = pipes
  }

  /** Whether the channel accepts publications. */
  get isOpen(): boolean {
    return !this.#closed && this.#subscribers.live.end === undefined && this.#ending === undefined
  }

  /** Whether clients that connect are sent to another process. */
  get sendsAway(): boolean {
    return this.#isLeaving && this.#subscribers.live.end === undefined && this.#ending === undefined
  }

  /** Appends the end to the log as an entry, so that later readers, and readers of other processes, receive it. */
  end(): Promise<void> {
    const { live, readers } = this.#subscribers
    this.#ending ??= handled(
      live.append({ type: END_EVENT, data: '{}' }).then(
        async () => {
          live.flush()
          // Waits until present readers have received the end, but not for later readers.
          await Promise.all([...readers.keys()].map(({ closed }) => closed))
        },
        (error) => {
          this.#ending = undefined
          throw error
        },
      ),
    )
    this.#pipes.stop()
    return this.#ending
  }

  /**
   * Ends all remaining streams, however the channel was closed before: one after another over a window, each with its own reconnection
   * time.
   *
   * @returns whether the channel has closed; `false` when its log has ended.
   */
  async leave(spread: number, retry: number | RetryRange): Promise<boolean> {
    const { live, readers } = this.#subscribers
    this.#isLeaving = true
    const start = performance.now()
    const all = [...readers]
    for (const [index, [stream, reader]] of all.entries()) {
      const due = start + (spread * index) / all.length
      while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, ROUND))
      live.flush()
      reader.flush(spread > 0)
      stream.close({ retry: drawRetry(retry) })
    }
    if (live.end !== undefined) return false
    this.#closed = true
    this.#pipes.stop()
    this.#subscribers.stop()
    return true
  }
}
