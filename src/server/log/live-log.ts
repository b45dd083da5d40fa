import { type EventwireError, invalidOption } from '../../shared/errors.ts'
import { isThenable } from '../../shared/thenable.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { Cursor, EventLog, LogEntry, NewEntry } from './event-log.ts'
import { type FramedLog, type Frames, framesAfter, type Wants } from './frames.ts'
import { type KeptValues, keptValues, type ValueLog } from './kept-values.ts'
import { endData, type LivePage, livePage } from './live-page.ts'
import { handled, logFailure } from './log-failure.ts'
import { isAhead } from './position.ts'

/** A batch of more characters is delivered before the tick ends. */
const MAX_BATCH = 65_536

/** Receives the events of a live log. */
export interface LiveLogOwner {
  /** Called with the entries of one tick; `before` is the position before them, `undefined` while that is unknown. */
  onBatch(entries: readonly LogEntry[], before: Cursor | undefined): void
  /** Entries after this position may have been missed. */
  onLost(head: Cursor | undefined): void
  onError(error: EventwireError): void
}

/** Something that waits for the head to move. */
export interface HeadWaiter {
  resume(): void
}

/** A log and its live end: it delivers in batches, knows the head and the end, and reports each failure once. */
export class LiveLog {
  /** The position up to which entries were delivered; unknown until a remote log has been read. */
  head: Cursor | undefined
  /** The data of the log's end, once it accepts nothing more. */
  end: string | undefined
  readonly log: EventLog
  readonly #owner: LiveLogOwner
  readonly #unfollow: () => void
  #waiters = new Set<HeadWaiter>()
  #batch: LogEntry[] = []
  #batchSize = 0
  /** The newest position, where it has not been delivered. */
  #next: Cursor | undefined
  #isDelivering = false
  /** Whether entries behind the first head have come. Until then a log may deliver some that a read has shown before. */
  #hasBegun = false

  constructor(log: EventLog, owner: LiveLogOwner) {
    if (!log?.follow) throw invalidOption('log', log, 'give memoryLog() or another log')
    this.log = log
    this.#owner = owner
    this.#unfollow = log.follow(this.#onEntries, () => this.#onLost())
    this.read(undefined, 0, (page, later) => {
      if (!later) this.head = page.newest
    })
  }

  /** Rejects with the refusal of the log, or with `log-failed`. Both have been reported by then. */
  append(entry: NewEntry): Promise<Cursor> {
    try {
      const cursors = this.log.append([entry])
      if (!isThenable(cursors)) return Promise.resolve(cursors[0]!)
      return handled(
        Promise.resolve(cursors).then(
          ([cursor]) => cursor!,
          (cause) => {
            throw this.#failed(cause)
          },
        ),
      )
    } catch (cause) {
      return handled(Promise.reject(this.#failed(cause)))
    }
  }

  /**
   * Reads a page: `use` is called at once when the log reads synchronously.
   *
   * @returns whether the page comes later.
   */
  read(
    after: Cursor | undefined,
    limit: number,
    use: (page: LivePage, later: boolean) => void,
    fail: (error: EventwireError) => void = () => {},
  ): boolean {
    return this.#ask(
      () => this.log.read(after, limit),
      (page, later) => use(livePage(page), later),
      fail,
    )
  }

  /** Asks the log for the values that it has kept beyond its history. @returns whether it keeps any. */
  values(use: (values: KeptValues) => void, fail: (error: EventwireError) => void): boolean {
    const log = this.log as Partial<ValueLog>
    if (log[keptValues] === undefined) return false
    this.#ask(() => log[keptValues]!(), use, fail)
    return true
  }

  /** The frames after a position that a reader without a filter wants, where the log has them at hand. */
  frames(cursor: Cursor, size: number, wants: Wants): Frames | undefined {
    return (this.log as Partial<FramedLog>)[framesAfter]?.(cursor, size, wants)
  }

  /** Delivers what this tick has appended so far. What is appended during a delivery follows it. */
  readonly flush = (): void => {
    if (this.#isDelivering) return
    this.#isDelivering = true
    while (this.#next !== undefined) {
      const { head } = this
      const entries = this.#batch
      this.#batch = []
      this.#batchSize = 0
      this.head = this.#next
      this.#next = undefined
      this.#owner.onBatch(entries, head)
      const waiters = this.#waiters
      this.#waiters = new Set()
      for (const waiter of waiters) waiter.resume()
    }
    this.#isDelivering = false
  }

  waitForHead(waiter: HeadWaiter): void {
    this.#waiters.add(waiter)
  }

  stopWaiting(waiter: HeadWaiter): void {
    this.#waiters.delete(waiter)
  }

  stop(): void {
    this.#unfollow()
  }

  /** @returns whether the reply comes later. */
  #ask<Reply>(
    question: () => Reply | PromiseLike<Reply>,
    use: (reply: Reply, later: boolean) => void,
    fail: (error: EventwireError) => void,
  ): boolean {
    const failed = (cause: unknown) => fail(this.#failed(cause))
    let reply: Reply | PromiseLike<Reply>
    try {
      reply = question()
    } catch (cause) {
      failed(cause)
      return false
    }
    if (isThenable(reply)) {
      Promise.resolve(reply).then((reply) => use(reply, true), failed)
      return true
    }
    use(reply, false)
    return false
  }

  readonly #onEntries = (received: readonly LogEntry[]): void => {
    const entries = this.#hasBegun ? received : this.#behindHead(received)
    for (const entry of received) if (entry.type === END_EVENT) this.end ??= endData(entry)
    if (entries.length === 0 && this.end === undefined) return
    if (this.#next === undefined) queueMicrotask(this.flush)
    this.#next = entries.at(-1)?.cursor ?? this.head
    for (const entry of entries) {
      if (entry.type === END_EVENT) break
      this.#batch.push(entry)
      this.#batchSize += entry.data.length
    }
    if (this.#batchSize >= MAX_BATCH) this.flush()
  }

  #behindHead(entries: readonly LogEntry[]): readonly LogEntry[] {
    const { head } = this
    const behind = entries.filter(({ cursor }) => cursor !== head && !(head && isAhead(head, cursor)))
    this.#hasBegun = behind.length > 0
    return behind
  }

  #onLost(): void {
    this.flush()
    const { head } = this
    this.head = undefined
    this.#owner.onLost(head)
  }

  /** A log that another process has ended may refuse an entry before its followers receive the end. */
  #failed(cause: unknown): EventwireError {
    const error = logFailure(cause)
    this.#owner.onError(error)
    return error
  }
}
