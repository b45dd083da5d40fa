import { EventwireError } from '../../shared/errors.ts'
import { toBytes } from '../../shared/wire/bytes.ts'
import { eventFrame } from '../../shared/wire/encode.ts'

/**
 * A position in a log, `epoch.sequence` in base 36: everything up to and including that entry has been read. The epoch is
 * random for each life of a log, so that a position is never issued twice with other content.
 *
 * @example
 * import { type Cursor, createChannel } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const channel = createChannel<{ message: string }>()
 * const seen: Cursor = await channel.publish('message', 'one')
 * await channel.publish('message', 'two')
 * const response = channel.response(new Request('http://localhost/events'), { from: seen })
 * const [event] = await collectEvents(response, { count: 1 })
 * console.log(event?.data) // -> two
 */
export type Cursor = string

/**
 * What a channel appends.
 *
 * @example
 * import { fromCursor, memoryLog, type NewEntry } from 'eventwire/server'
 *
 * const entry: NewEntry = { type: 'message', data: '"hello"', topics: ['rooms/7'] }
 * const cursor = await memoryLog().append(entry)
 * console.log(fromCursor(cursor)?.sequence) // -> 1
 */
export interface NewEntry {
  /** Name of the event. */
  readonly type: string
  /** The payload as text, encoded by the channel. */
  readonly data: string
  /** Who shall get it; without them, readers without topics. */
  readonly topics?: readonly string[] | undefined
}

/**
 * One event of a log.
 *
 * @example
 * import { fromCursor, type LogEntry, memoryLog } from 'eventwire/server'
 *
 * const lineOf = ({ cursor, type, data }: LogEntry) => `${fromCursor(cursor)?.sequence} ${type} ${data}`
 * const log = memoryLog()
 * log.follow(
 *   (entries) => console.log(entries.map(lineOf)), // -> [ '1 message "hello"' ]
 *   () => {},
 * )
 * log.append({ type: 'message', data: '"hello"' })
 */
export interface LogEntry extends NewEntry {
  /** Its own position, which is the id of the event. */
  readonly cursor: Cursor
}

/**
 * Why history does not cover a cursor: it was trimmed away, belongs to another life of the log, lies ahead of the head, or
 * is no cursor at all.
 *
 * @example
 * import { type LogGap, memoryLog } from 'eventwire/server'
 *
 * const words: Record<LogGap, string> = {
 *   trimmed: 'you were away for too long',
 *   epoch: 'the server has started anew',
 *   ahead: 'the server has lost its newest events',
 *   malformed: 'that was never a position',
 * }
 * const { reason } = await memoryLog().read('k3x9q1.2a', 100)
 * if (reason) console.log(words[reason]) // -> the server has started anew
 */
export type LogGap = 'trimmed' | 'epoch' | 'ahead' | 'malformed'

/**
 * A part of the history.
 *
 * @example
 * import { memoryLog, type Page } from 'eventwire/server'
 *
 * const log = memoryLog()
 * const { newest: before } = await log.read(undefined, 0)
 * for (const data of ['"one"', '"two"', '"three"']) await log.append({ type: 'message', data })
 * const page: Page = await log.read(before, 2)
 * console.log(page.status, page.entries.length, page.next === page.newest) // -> ok 2 false
 */
export interface Page {
  /** `'ok'`: `entries` follow the cursor without a hole. `'gap'`: they do not, and there are none. */
  readonly status: 'ok' | 'gap'
  /** Of a gap: why. */
  readonly reason?: LogGap | undefined
  /** Oldest first. */
  readonly entries: readonly LogEntry[]
  /** Where to read on: behind the last entry of the page; after a gap `oldest` (trimmed) or `newest` (all others). */
  readonly next: Cursor
  /** The first position from which all that follows is still there. */
  readonly oldest: Cursor
  /** The position of the newest entry. */
  readonly newest: Cursor
}

/**
 * What a channel needs of its history: an ordered, bounded log of events. `memoryLog()` is one.
 *
 * - `append` MUST give each entry the position after the one before it, without holes, whoever else appends.
 * - `append` MUST refuse with `closed`, and without a trace, what would come behind an entry of the type `sse:end`: nobody
 *   would read it. A second end answers the position of the first. Otherwise types and data are nothing to it.
 * - A log that may have lost entries, after a restart or a failover, MUST begin a new epoch; it MUST NOT issue a cursor a
 *   second time with other content.
 * - `read` MUST tell a gap whenever an entry after the cursor is gone or unknown. It MUST NOT answer `'ok'` with no entries
 *   for a cursor that it does not know.
 * - `read` MUST be synchronous for positions that `follow` has delivered, and MUST return the same objects.
 * - `follow` MUST deliver every entry appended from now on, by whomever, in order and once, before or while the promise of
 *   its `append` resolves. It MUST call `onLost` when it can no longer tell what is missing; readers then read again.
 * - A failing follower MUST NOT disturb `append` or another follower.
 * - Bounds hold always: a log MUST NOT keep an entry because somebody has not read it.
 *
 * @example
 * import { createChannel, type EventLog, memoryLog } from 'eventwire/server'
 *
 * const kept = memoryLog()
 * const log: EventLog = {
 *   append(entry) {
 *     console.log(entry.type, entry.data) // -> message "hello"
 *     return kept.append(entry)
 *   },
 *   read: (after, limit) => kept.read(after, limit),
 *   follow: (onEntries, onLost) => kept.follow(onEntries, onLost),
 *   close: () => kept.close(),
 * }
 * await createChannel<{ message: string }>({ log }).publish('message', 'hello')
 */
export interface EventLog {
  /**
   * Adds an entry and answers its position.
   *
   * @throws {EventwireError} `closed` behind the end. Whatever else it throws is the cause of a `log-failed` for who
   *   publishes.
   */
  append(entry: NewEntry): Cursor | PromiseLike<Cursor>
  /**
   * Up to `limit` entries after a cursor; with `undefined` the position of the head and no entries. What it throws is
   * the cause of a `log-failed` for the channel's `onError`.
   */
  read(after: Cursor | undefined, limit: number): Page | PromiseLike<Page>
  /** Calls `onEntries` for what is appended from now on. Returns the function that ends it. */
  follow(onEntries: (entries: readonly LogEntry[]) => void, onLost: () => void): () => void
  /** Lets go of whatever the log holds. */
  close(): void | PromiseLike<void>
}

/**
 * A position taken apart.
 *
 * @example
 * import { fromCursor, type Position, toCursor } from 'eventwire/server'
 *
 * const after = ({ epoch, sequence }: Position) => toCursor(epoch, sequence + 1)
 * const position = fromCursor('k3x9q1.2a')
 * if (position) console.log(after(position)) // -> k3x9q1.2b
 */
export interface Position {
  /** The life of the log: up to 32 digits and small letters. */
  readonly epoch: string
  /** How many entries that life had up to here. */
  readonly sequence: number
}

const CURSOR = /^([0-9a-z]{1,32})\.([0-9a-z]{1,11})$/

/**
 * Puts a position into its text, for a log of one's own.
 *
 * @example
 * import { toCursor } from 'eventwire/server'
 *
 * console.log(toCursor('k3x9q1', 82)) // -> k3x9q1.2a
 */
export function toCursor(epoch: string, sequence: number): Cursor {
  return `${epoch}.${sequence.toString(36)}`
}

/**
 * Takes a cursor apart; `undefined` when it is none, as what a client brings may be.
 *
 * @example
 * import { fromCursor } from 'eventwire/server'
 *
 * console.log(fromCursor('k3x9q1.2a')) // -> { epoch: 'k3x9q1', sequence: 82 }
 * console.log(fromCursor('7')) // -> undefined
 */
export function fromCursor(cursor: Cursor): Position | undefined {
  const match = CURSOR.exec(cursor)
  if (match === null) return undefined
  const sequence = Number.parseInt(match[2]!, 36)
  return Number.isSafeInteger(sequence) ? { epoch: match[1]!, sequence } : undefined
}

/** The refusal of an entry behind the end. */
export function ended(purpose: string): EventwireError {
  return new EventwireError('closed', `${purpose}: the log has ended; create a new one`)
}

/** Whether a cursor lies behind another one of the same life, later in the log. */
export function isAhead(cursor: Cursor, other: Cursor): boolean {
  const [ours, theirs] = [fromCursor(cursor), fromCursor(other)]
  return ours !== undefined && theirs !== undefined && ours.epoch === theirs.epoch && ours.sequence > theirs.sequence
}

/**
 * A name for a new life of a log: 64 random bits.
 *
 * @example
 * import { newEpoch } from 'eventwire/server'
 *
 * console.log(newEpoch() === newEpoch()) // -> false
 */
export function newEpoch(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join('')
}

const frame: unique symbol = Symbol('frame')

/** The bytes of an entry, made once for all clients, live and replayed. */
export function frameOf(entry: LogEntry & { [frame]?: Uint8Array }): Uint8Array {
  entry[frame] ??= toBytes(eventFrame(entry.type, entry.data, false, entry.cursor))
  return entry[frame]
}

/** The bytes of some entries in one piece; those of a single one are shared, not copied. */
export function joinFrames(entries: readonly LogEntry[]): Uint8Array {
  if (entries.length === 1) return frameOf(entries[0]!)
  const frames = entries.map(frameOf)
  const joined = new Uint8Array(frames.reduce((length, frame) => length + frame.length, 0))
  let at = 0
  for (const frame of frames) {
    joined.set(frame, at)
    at += frame.length
  }
  return joined
}
