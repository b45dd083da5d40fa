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

/** Events of a source between two pauses. */
const PAUSE_AFTER = 256
/** A source waits while more events or characters than this wait for the log. */
const MOST_EVENTS = 256
const MOST_TEXT = 65_536
/** How many leases a log may fail before its producer gives up, and in how many more it may take the end. */
const GIVE_UP = 4
/** The most milliseconds between two attempts at a log that fails. */
const RETRY_DELAY = 500

/** Publishes what the generator of one run yields, for as long as the run is this process's. */
export class Producer {
  /** Resolves when the run has ended, here or elsewhere. */
  readonly ended: Promise<void>
  readonly #settings: RunsSettings
  readonly #log: EventLog
  readonly #pen: Pen
  readonly #controller = new AbortController()
  #queue: NewEntry[] = []
  #queued = 0
  /** The last batch: the end, and what readers receive before it. */
  #last: NewEntry[] | undefined
  #most = MOST_EVENTS
  #writing = false
  /** Whether anything was appended since the timer last looked. */
  #wrote = true
  #failingSince: number | undefined
  #isLeaving = false
  #count = 0
  #onRoom: (() => void) | undefined
  #stopSource: () => void = () => {}
  readonly #timer: ReturnType<typeof setInterval>
  readonly #unfollow: () => void
  #leave!: () => void

  constructor(settings: RunsSettings, log: EventLog, head: string) {
    this.#settings = settings
    this.#log = log
    this.#pen = { head, stopped: false }
    this.ended = new Promise((resolve) => {
      this.#leave = resolve
    })
    // Looked at twice in a third of a lease, so that no silence is longer than that.
    this.#timer = setInterval(() => this.#renewLease(), settings.lease / 6)
    unref(this.#timer)
    this.#unfollow = log.follow(
      (entries) => this.#onEntries(entries),
      () => this.#write(BEAT_ENTRY),
    )
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** @throws {EventwireError} `invalid-option` when the source is not one. */
  begin(source: unknown): void {
    if (this.#last !== undefined) return
    this.#stopSource = pipe(source, {
      room: () => this.#room(),
      take: (event) => this.#write(this.#settings.encode(event)),
      ended: (bySource) => bySource && this.#end('done'),
      failed: (error) => this.fail(error),
    })
  }

  /** Ends the run at once. The generator is returned, and nothing that it yields from now on is published. */
  stop(): void {
    this.#end('stopped')
  }

  /** Ends the run as lost, because this process goes. */
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
    this.#onRoom?.()
  }

  #room(): PromiseLike<unknown> | undefined {
    // A source that never waits would keep the process from everything else.
    if (++this.#count % PAUSE_AFTER === 0) return new Promise((resolve) => setTimeout(resolve))
    if (this.#queue.length < MOST_EVENTS && this.#queued < MOST_TEXT) return undefined
    return new Promise<void>((resolve) => {
      this.#onRoom = resolve
    })
  }

  #renewLease(): void {
    if (!this.#wrote && !this.#writing) this.#write(BEAT_ENTRY)
    this.#wrote = false
  }

  #write(entry: NewEntry): void {
    if (this.#last !== undefined) return
    this.#queue.push(entry)
    this.#queued += entry.data.length
    if (!this.#writing) this.#flush()
  }

  #flush(): void {
    while (!this.#writing && !this.#isLeaving && (this.#queue.length > 0 || this.#last !== undefined)) {
      const batch = this.#nextBatch()
      try {
        const outcome = take(write(this.#pen, batch), this.#log, (cause) => this.#pause(cause))
        if (isThenable(outcome)) this.#await(outcome, batch)
        else this.#written(outcome, batch)
      } catch (cause) {
        this.#refused(cause, batch)
      }
    }
  }

  /** Everything that waits, the end too; nothing stands between the end and what readers receive before it. */
  #nextBatch(): NewEntry[] {
    const isAll = this.#queue.length <= this.#most
    const batch = isAll ? this.#queue : this.#queue.slice(0, this.#most)
    this.#queue = isAll ? [] : this.#queue.slice(this.#most)
    this.#queued = 0
    for (const { data } of this.#queue) this.#queued += data.length
    return isAll && this.#last !== undefined ? [...batch, ...this.#last] : batch
  }

  #await(outcome: PromiseLike<boolean>, batch: NewEntry[]): void {
    this.#writing = true
    const settle = (call: () => void) => {
      this.#writing = false
      call()
      this.#flush()
    }
    outcome.then(
      (outcome) => settle(() => this.#written(outcome, batch)),
      (cause) => settle(() => this.#refused(cause, batch)),
    )
  }

  #written(isThere: boolean, batch: readonly NewEntry[]): void {
    this.#wrote = true
    this.#failingSince = undefined
    if (!isThere || batch.at(-1)!.type === END_EVENT) this.#close(isThere)
    else if (this.#pen.stopped) this.stop()
    this.#onRoom?.()
    this.#onRoom = undefined
  }

  /** The log does not take the batch, or could not be asked for too long. */
  #refused(cause: unknown, batch: NewEntry[]): void {
    const error = logFailure(cause)
    const isLast = batch.at(-1)!.type === END_EVENT
    if (meaningOf(cause) === 'refused' && batch.length > 1) {
      // One of them may be too large alone, and the end is not.
      this.#most = 1
      const events = isLast ? batch.slice(0, -this.#last!.length) : batch
      this.#queue = [...events, ...this.#queue]
      if (events.length === 0) this.#last = this.#last!.slice(-1)
      return
    }
    // Whether the batch is there is not known, so nothing can be put behind it.
    if (isLast || meaningOf(cause) === 'unknown') {
      this.#settings.report(error)
      this.#close(false)
    } else this.fail(error)
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
    this.#leave()
  }
}
