import type { GapReason } from '../../shared/wire/gap.ts'

/**
 * A position in a log, `epoch.sequence` in base 36: everything up to and including that entry has been read. The epoch is
 * random for each life of a log, so that a position is never issued twice with other content.
 */
export type Cursor = string

/** One event of a log. */
export interface LogEntry {
  /** Its own position, which is the id of the event. */
  readonly cursor: Cursor
  /** Name of the event. */
  readonly type: string
  /** The payload as text, encoded by the channel. */
  readonly data: string
  /** Topics to publish to; without them, readers without topics receive the event. */
  readonly topics?: readonly string[] | undefined
  /** The subject of the event. The entry supersedes the earlier one of the same name and key. */
  readonly key?: string | undefined
  /** The key has no present value any more: the entry supersedes the earlier one and is left out of `latest` itself. */
  readonly forget?: boolean | undefined
  /** The trace context of the event. A log that does not store it loses only that. */
  readonly traceparent?: string | undefined
}

/** An event to append. */
export type NewEntry = Omit<LogEntry, 'cursor'>

/** A part of the history. */
export interface Page {
  /** `'ok'`: `entries` follow the cursor without a hole. `'gap'`: they do not, and there are none. */
  readonly status: 'ok' | 'gap'
  /** Of a gap: why. */
  readonly reason?: GapReason | undefined
  /** Oldest first. */
  readonly entries: readonly LogEntry[]
  /**
   * Where to continue reading: after the last entry of the page and the superseded ones that were left out; after a gap `oldest`
   * (trimmed) or `newest` (all others).
   */
  readonly next: Cursor
  /** The first position from which all that follows is still there. */
  readonly oldest: Cursor
  /** The position of the newest entry. */
  readonly newest: Cursor
}

/**
 * The history of a channel: an ordered, bounded log of events. `memoryLog()` is one, and `eventLogTests()` of
 * `eventwire/testing` tests another implementation against the rules below.
 *
 * Appending
 * - `append` MUST take a batch in one step, all of it or nothing, and give its entries the positions after the head, without
 *   holes, in the order of the batch, also while others append. An empty batch MUST change nothing and return no cursors.
 * - With `after`, it MUST refuse with `conflict`, unless the head stands exactly there at that step. With `epoch`, unless that is
 *   the epoch at that step. Of several batches after the same position one at most is taken, whichever processes append them.
 * - A condition on the position or the epoch that `read` has returned for a log without entries MUST hold, as long as there are
 *   none and no other process has begun the log. It MUST NOT hold in a later life.
 * - Behind an entry of the type `sse:end` it MUST refuse with `closed`, within a batch too, and before it looks at conditions.
 *   There is one exception: a batch of one `sse:end` without a condition returns the position of the first end. Otherwise types
 *   and data mean nothing to a log.
 * - A batch that alone is over the log's bound in bytes MUST be refused with `event-too-large`.
 * - What was refused MUST leave no trace.
 *
 * Positions
 * - A log that may have lost entries, after a restart or a failover, MUST begin a new epoch. It MUST NOT issue a cursor a
 *   second time with other content, also when everything was trimmed.
 * - A log that does not exist MUST read as an empty one, and reading it MUST NOT store anything outside this process. Reading
 *   on from the position of that page MUST give every entry since, or a gap.
 *
 * Reading
 * - `read` MUST report a gap whenever an entry after the cursor is gone or unknown. It MUST NOT return `'ok'` with no entries
 *   for a cursor that it does not know.
 * - Without `latest` it MUST be synchronous for positions that `follow` has delivered. It SHOULD return the same objects where it
 *   keeps objects, because their frames are made once.
 * - With `latest` it MUST leave out each entry with a key behind which an entry of the same name and key stands in the log, also
 *   when that one is beyond the page, and each entry with `forget`. It MUST NOT leave out any other. A page MAY then have fewer
 *   entries than `limit`, none too, before the head is reached: the end is where `next` is `newest`.
 * - Bounds hold always: a log MUST NOT keep an entry because a reader has not read it.
 *
 * Following
 * - `follow` MUST deliver every entry appended from now on, by whomever, in order and once, before or while the promise of
 *   its `append` resolves. It MUST call `onLost` when it can no longer determine which entries are missing; readers then read again.
 * - A failing follower MUST NOT disturb `append` or another follower.
 *
 * @example
 * import { createChannel, type EventLog, memoryLog } from 'eventwire/server'
 *
 * const kept = memoryLog()
 * const log: EventLog = {
 *   append(entries, conditions) {
 *     for (const { type, data } of entries) console.log(type, data) // -> message "hello"
 *     return kept.append(entries, conditions)
 *   },
 *   read: (after, limit, options) => kept.read(after, limit, options),
 *   follow: (onEntries, onLost) => kept.follow(onEntries, onLost),
 *   close: () => kept.close(),
 * }
 * await createChannel<{ message: string }>({ log }).publish('message', 'hello')
 */
export interface EventLog {
  /**
   * Adds a batch of entries and returns their positions, in order. Without conditions, a batch is always appended.
   *
   * @throws {EventwireError} `closed` behind the end, `conflict` when a condition does not hold, `event-too-large` for a batch
   *   over the bound in bytes. Any other error is the cause of a `log-failed` for the publisher.
   */
  append(
    entries: readonly Omit<LogEntry, 'cursor'>[],
    conditions?: {
      /** The position at which the head must stand, exactly. */
      readonly after?: Cursor | undefined
      /** The epoch in which the log must be: it has lost nothing since a cursor of this epoch was issued. */
      readonly epoch?: string | undefined
    },
  ): readonly Cursor[] | PromiseLike<readonly Cursor[]>
  /**
   * Returns up to `limit` entries after a cursor. With `undefined` it returns the position of the head and no entries; with `undefined` and
   * `latest`, entries from the oldest one. An error that it throws is the cause of a `log-failed` for the channel's `onError`.
   */
  read(
    after: Cursor | undefined,
    limit: number,
    options?: {
      /**
       * Leaves out the entries whose name and key a later entry of the log has.
       * @default false
       */
      readonly latest?: boolean | undefined
    },
  ): Page | PromiseLike<Page>
  /** Calls `onEntries` for each batch appended from now on. Returns a function that unsubscribes. */
  follow(onEntries: (entries: readonly LogEntry[]) => void, onLost: () => void): () => void
  /**
   * How much the log holds, without a request over a network; `undefined` while that is not known. Optional: `channel.stats()` then has
   * no figures of the log. MUST NOT throw.
   */
  size?():
    | {
        /** The number of entries. */
        readonly entries: number
        /** The number of bytes, as the log's `maxBytes` counts them; `undefined` where the log does not know it. */
        readonly bytes?: number | undefined
      }
    | undefined
  /** Releases the resources of the log. */
  close(): void | PromiseLike<void>
}

/** Conditions of an append. */
export type AppendOptions = NonNullable<Parameters<EventLog['append']>[1]>

/** Options of a read. */
export type ReadOptions = NonNullable<Parameters<EventLog['read']>[2]>

/** How much a log holds. */
export type LogSize = NonNullable<ReturnType<NonNullable<EventLog['size']>>>

/** The callbacks of one `follow`. */
export interface Follower {
  readonly onEntries: (entries: readonly LogEntry[]) => void
  readonly onLost: () => void
}
