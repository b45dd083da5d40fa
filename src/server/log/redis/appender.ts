import { EventwireError } from '../../../shared/errors.ts'
import { END_EVENT } from '../../../shared/wire/names.ts'
import { conflict, ended, endsEarly, isPlainEnd } from '../admission.ts'
import type { AppendOptions, Cursor, LogEntry, NewEntry } from '../event-log.ts'
import { fromCursor, type Position, toCursor } from '../position.ts'
import { pack, positionOf, signedKey } from './fields.ts'

/** One call of the script appends no more than this of one tick, because Redis does nothing else meanwhile. */
const MOST_ENTRIES = 256
const MOST_TEXT = 262_144

/** The part of a log that its appender uses. */
export interface AppenderOwner {
  readonly maxBuffer: number
  /** Runs the script's `append` with the arguments from the conditions on. */
  run(purpose: string, args: readonly string[]): Promise<unknown>
  /** The entries are in the log. Resolves when followers have had them. */
  appended(first: Position, entries: readonly LogEntry[]): Promise<void> | undefined
}

interface AppendBatch {
  readonly purpose: string
  readonly entries: NewEntry[]
  readonly texts: string[]
  size: number
  /** Resolves with the cursor of each entry. */
  readonly cursors: Promise<readonly Cursor[]>
  readonly settle: (cursors: Promise<readonly Cursor[]>) => void
}

/** Appends in the order in which it is asked to. What one tick appends without conditions is one call of the script. */
export class Appender {
  readonly #home: AppenderOwner
  /** Waits for the end of the tick. */
  #next: AppendBatch | undefined
  /** Text that waits here or for Redis. */
  #pending = 0

  constructor(home: AppenderOwner) {
    this.#home = home
  }

  append(purpose: string, entries: readonly NewEntry[], options: AppendOptions): Promise<readonly Cursor[]> {
    const texts = entries.map(pack)
    const size = texts.reduce((sum, { length }) => sum + length, 0)
    this.#checkRoom(purpose, size)
    // A conditional append may be refused and an end closes the log, so neither shares its call with other batches.
    const alone = (options.after ?? options.epoch) !== undefined || entries.some(({ type }) => type === END_EVENT)
    if (alone && endsEarly(entries)) throw ended(purpose)
    if (alone || this.#isFull(texts.length, size)) this.flush()
    const call = this.#next ?? this.#begin(purpose)
    const from = call.entries.length
    call.entries.push(...entries)
    call.texts.push(...texts)
    call.size += size
    this.#pending += size
    if (alone) this.flush(options)
    return from === 0 && alone
      ? call.cursors
      : call.cursors.then((cursors) => cursors.slice(from, from + entries.length))
  }

  /** Sends what waits for the end of the tick. */
  flush(options: AppendOptions = {}): void {
    const call = this.#next
    this.#next = undefined
    call?.settle(this.#send(call, options))
  }

  #checkRoom(purpose: string, size: number): void {
    const { maxBuffer } = this.#home
    if (this.#pending === 0 || this.#pending + size <= maxBuffer) return
    throw new EventwireError(
      'log-failed',
      `${purpose}: ${this.#pending} characters wait for Redis and maxBuffer is ${maxBuffer}; it has not happened, try again`,
    )
  }

  #isFull(count: number, size: number): boolean {
    const call = this.#next
    return call !== undefined && (call.entries.length + count > MOST_ENTRIES || call.size + size > MOST_TEXT)
  }

  #begin(purpose: string): AppendBatch {
    let settle!: AppendBatch['settle']
    const cursors = new Promise<readonly Cursor[]>((resolve) => {
      settle = resolve
    })
    const call: AppendBatch = { purpose, entries: [], texts: [], size: 0, cursors, settle }
    this.#next = call
    queueMicrotask(() => {
      if (this.#next === call) this.flush()
    })
    return call
  }

  async #send({ purpose, entries, texts, size }: AppendBatch, options: AppendOptions): Promise<readonly Cursor[]> {
    const { after, epoch = '' } = options
    const lengths = texts.map(({ length }) => length).join(' ')
    const repeats = isPlainEnd(entries, options) ? '1' : ''
    const args = [positionText(after), epoch, repeats, lengths, `${texts.length}`, ...texts, ...entries.map(signedKey)]
    try {
      const reply = (await this.#home.run(purpose, args)) as string
      if (reply === '') throw ended(purpose)
      if (reply.startsWith('!')) throw conflict(purpose, cursorOf(positionOf(reply.slice(1))))
      if (reply.startsWith('=')) return [cursorOf(positionOf(reply.slice(1)))]
      const last = positionOf(reply)
      const first = { epoch: last.epoch, sequence: last.sequence - entries.length + 1 }
      const added = entries.map(({ type, data, topics, key, forget }, index): LogEntry => {
        const cursor = toCursor(first.epoch, first.sequence + index)
        return { type, data, topics, key, forget, cursor }
      })
      await this.#home.appended(first, added)
      return added.map(({ cursor }) => cursor)
    } finally {
      this.#pending -= size
    }
  }
}

function cursorOf({ epoch, sequence }: Position): Cursor {
  return toCursor(epoch, sequence)
}

/** A position as the script writes it. A string that is not a cursor becomes one that matches no position. */
function positionText(after: Cursor | undefined): string {
  if (after === undefined) return ''
  const position = fromCursor(after)
  return position === undefined ? '?' : `${position.epoch}-${position.sequence}`
}
