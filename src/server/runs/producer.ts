import type { RunEnd } from '../../shared/run-end.ts'
import { isThenable } from '../../shared/thenable.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { EventLog, LogEntry, NewEntry } from '../log/event-log.ts'
import { logFailure } from '../log/live-log.ts'
import { pipe } from '../stream/pipe.ts'
import { unref } from '../stream/shared-timer.ts'
import { BEAT_ENTRY, endEntry, meaningOf, STOP } from './entries.ts'
import { type Pen, write } from './protocol.ts'
import type { RunsSettings } from './settings.ts'
import { take } from './steps.ts'

/** The number of events of a source between two pauses. */
const PAUSE_AFTER = 256
/** The number of leases for which a log may fail before its producer gives up; as many follow to append the end. */
const GIVE_UP = 4
/** The longest delay between two attempts to append to a log that fails, in milliseconds. */
const RETRY_DELAY = 500

/** Publishes the events of the generator of one run, for as long as this process owns the run. */
export class Producer {
  /** Resolves when the run has ended, with whether this producer ended it. */
  readonly ended: Promise<boolean>
  readonly #settings: RunsSettings
  readonly #log: EventLog
  readonly #pen: Pen
  readonly #controller = new AbortController()
  /** The entry that waits for the log. There is at most one: the source is pulled after the entry before was appended. */
  #next: NewEntry | undefined
  /** The last batch: the end, and the events that readers receive before it. */
  #last: NewEntry[] | undefined
  #writing = false
  #written: Promise<void> | undefined
  /** Whether anything was appended since the last check of the timer. */
  #wrote = true
  #failingSince: number | undefined
  #isLeaving = false
  #count = 0
  #stopSource: () => void = () => {}
  readonly #timer: ReturnType<typeof setInterval>
  readonly #unfollow: () => void
  #leave!: (isWhole: boolean) => void

  constructor(settings: RunsSettings, log: EventLog, head: string) {
    this.#settings = settings
    this.#log = log
    this.#pen = { head, stopped: false }
    this.ended = new Promise((resolve) => {
      this.#leave = resolve
    })
    // Two checks in a third of a lease: the producer is never silent for longer than that third.
    this.#timer = setInterval(() => {
      if (!this.#wrote) this.#renewLease()
      this.#wrote = false
    }, settings.lease / 6)
    unref(this.#timer)
    this.#unfollow = log.follow(
      (entries) => this.#onEntries(entries),
      // A stop may have been missed: the next append finds it by a conflict.
      () => this.#renewLease(),
    )
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** @throws {EventwireError} `invalid-option` for a source that is not an iterable or a stream. */
  begin(source: unknown): void {
    if (this.#last !== undefined) return
    this.#stopSource = pipe(source, {
      room: () => this.#room(),
      take: (event) => this.#write(this.#settings.encode(event)),
      ended: (bySource) => bySource && this.#end('done'),
      failed: (error) => this.fail(error),
    })
  }

  /** Ends the run at once. Calls `return()` of the generator and publishes none of its later events. */
  stop(): void {
    this.#end('stopped')
  }

  /** Ends the run as lost, because this process shuts down. */
  handOver(): void {
    this.#failingSince = Number.NEGATIVE_INFINITY
    this.#end('lost', this.#settings.farewell)
  }

  fail(error: unknown): void {
    if (this.#last === undefined) this.#end('failed', this.#settings.failed(error))
  }

  #end(how: RunEnd, before: readonly NewEntry[] = []): void {
    if (this.#last !== undefined) return
    this.#last = [...before, endEntry(how)]
    if (how !== 'done') this.#abandon()
    this.#flush()
  }

  #abandon(): void {
    this.#controller.abort()
    this.#stopSource()
  }

  /** Resolves when the next event can be pulled: after the event before was appended. */
  #room(): PromiseLike<unknown> | undefined {
    if (++this.#count % PAUSE_AFTER !== 0) return this.#written
    // A source that never waits would block the event loop.
    return new Promise((resolve) => setTimeout(resolve)).then(() => this.#written)
  }

  /** Appends a sign of life, unless an append is under way. */
  #renewLease(): void {
    if (!this.#writing) this.#write(BEAT_ENTRY)
  }

  #write(entry: NewEntry): void {
    if (this.#last !== undefined) return
    this.#next = entry
    this.#flush()
  }

  #flush(): void {
    if (!this.#writing) this.#written = this.#writeAll()
  }

  /** Appends the waiting entry. On a synchronous log, the whole append is synchronous. */
  async #writeAll(): Promise<void> {
    this.#writing = true
    while (!this.#isLeaving && (this.#next ?? this.#last) !== undefined) {
      const batch = [this.#next ?? [], this.#last ?? []].flat()
      this.#next = undefined
      try {
        const isThere = take(write(this.#pen, batch), this.#log, (cause) => this.#pause(cause))
        this.#settle(isThenable(isThere) ? await isThere : isThere, batch)
      } catch (cause) {
        this.#refuse(cause, batch)
      }
    }
    this.#writing = false
  }

  #settle(isThere: boolean, batch: readonly NewEntry[]): void {
    this.#wrote = true
    this.#failingSince = undefined
    if (!isThere || batch.at(-1)!.type === END_EVENT) this.#close(isThere)
    else if (this.#pen.stopped) this.stop()
  }

  /** Handles a batch that the log refuses, or could not append for too long: nothing can be appended behind it. */
  #refuse(cause: unknown, batch: readonly NewEntry[]): void {
    const isRefused = meaningOf(cause) === 'refused'
    if (isRefused && this.#last === undefined) this.fail(cause)
    // The event before the end may be too large for the log; the end alone is not.
    else if (isRefused && batch.length > 1) this.#last = this.#last!.slice(-1)
    else {
      this.#settings.report(logFailure(cause))
      this.#close(false)
    }
  }

  #pause(cause: unknown): Promise<void> {
    const now = performance.now()
    if (this.#failingSince === undefined) {
      this.#failingSince = now
      this.#settings.report(logFailure(cause))
    }
    const { lease } = this.#settings
    const leases = (now - this.#failingSince) / lease
    if (leases > GIVE_UP) this.fail(logFailure(cause))
    if (leases > 2 * GIVE_UP) throw cause
    return new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_DELAY, lease / 8)))
  }

  #onEntries(entries: readonly LogEntry[]): void {
    for (const { type } of entries) {
      if (type === STOP) this.stop()
      else if (type === END_EVENT && this.#last === undefined) this.#close(false)
    }
  }

  #close(isWhole: boolean): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#last ??= []
    if (!isWhole) this.#abandon()
    clearInterval(this.#timer)
    this.#unfollow()
    this.#leave(isWhole)
  }
}
