import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { Cursor } from '../log/event-log.ts'
import { isAhead } from '../log/position.ts'

/** A client that confirms nothing for this many times `maxLag`, and for the time below, counts as one that never confirms. */
const TIMEOUT_FACTOR = 10
const LEAST_TIMEOUT = 5_000
/** The number of writes that are counted one by one; further writes count as one. */
const MOST = 64

interface Write {
  cursor: Cursor
  readonly at: number
}

/**
 * The writes that a client has not confirmed. Buffers of kernels and proxies accept bytes that the client receives much later, so
 * backpressure does not measure lag. While confirmations are slow, one write at a time is under way; while they are quick, several.
 */
export class Acknowledgements {
  readonly #maxLag: number
  readonly #onTimeout: () => void
  #unconfirmed: Write[] = []
  /** How long the last confirmation took, in milliseconds. */
  #delay = Infinity
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Whether the next bytes count to the last write. The parts of a round are one write. */
  #continues = false
  #isReleased = false

  constructor(maxLag: number, onTimeout: () => void) {
    this.#maxLag = maxLag
    this.#onTimeout = onTimeout
  }

  wrote(cursor: Cursor): void {
    const last = this.#unconfirmed.at(-1)
    if (last && this.#continues) last.cursor = cursor
    else this.#unconfirmed.push({ cursor, at: performance.now() })
    this.#continues = true
  }

  /** Whether to write nothing until the client has confirmed more. The reader is resumed then, or after the timeout. */
  mustWait(): boolean {
    this.#continues = this.#unconfirmed.length === MOST
    const [oldest] = this.#unconfirmed
    if (oldest === undefined || this.#isReleased) return false
    const age = performance.now() - oldest.at
    const timeout = Math.min(MAX_TIMER, Math.max(LEAST_TIMEOUT, this.#maxLag * TIMEOUT_FACTOR))
    if (age >= timeout) this.#unconfirmed = []
    else if (this.#delay > this.#maxLag / 2 || age >= this.#maxLag / 2) {
      this.#timer ??= setTimeout(
        () => {
          this.#timer = undefined
          this.#onTimeout()
        },
        Math.ceil(timeout - age),
      )
      return true
    }
    return false
  }

  /** @returns whether a write was confirmed. */
  confirm(cursor: Cursor): boolean {
    const isConfirmed = (write: Write) => write.cursor === cursor || isAhead(cursor, write.cursor)
    const last = this.#unconfirmed.filter(isConfirmed).at(-1)
    if (last === undefined) return false
    this.#unconfirmed = this.#unconfirmed.slice(this.#unconfirmed.indexOf(last) + 1)
    this.#delay = performance.now() - last.at
    return true
  }

  /** Stops waiting, because no events follow. */
  release(): void {
    this.#isReleased = true
    this.stop()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
