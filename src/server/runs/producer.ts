import type { RunEnd } from '../../shared/run-end.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { EventLog, NewEntry } from '../log/event-log.ts'
import { logFailure } from '../log/log-failure.ts'
import { paced, pipe } from '../stream/pipe.ts'
import { unref } from '../stream/shared-timer.ts'
import { BEAT_ENTRY, endEntry, STOP } from './entries.ts'
import { type Pen, write } from './protocol.ts'
import type { RunsSettings } from './settings.ts'
import { take } from './steps.ts'

/** The number of leases for which a log may fail before its producer gives up; as many follow to append the end. */
const GIVE_UP = 4

/** Publishes the events of the generator of one run, for as long as this process owns the run. */
export class Producer {
  readonly #settings: RunsSettings
  readonly #log: EventLog
  readonly #pen: Pen
  readonly controller: AbortController = new AbortController()
  /** The entry that waits for the log. There is at most one: the source is pulled after the entry before was appended. */
  #next: NewEntry[] = []
  /** The last batch: the end, and the events that readers receive before it. Empty when nothing is appended any more. */
  #last: NewEntry[] | undefined
  /** Set while a batch is under way. */
  #written: Promise<void> | undefined
  /** Whether anything was appended since the last check of the timer. */
  #wrote = true
  #failingSince: number | undefined
  #stopSource: (() => void) | undefined
  readonly #timer: ReturnType<typeof setInterval>
  readonly #unfollow: () => void
  #leave!: (isWhole: boolean) => void
  /** Resolves when the run has ended, with whether this producer ended it. */
  readonly ended: Promise<boolean> = new Promise((resolve) => {
    this.#leave = resolve
  })

  constructor(settings: RunsSettings, log: EventLog, head: string) {
    this.#settings = settings
    this.#log = log
    this.#pen = { head }
    // Two checks in a third of a lease: the producer is never silent for longer than that third.
    this.#timer = setInterval(() => {
      if (!this.#wrote && !this.#written) this.#write(BEAT_ENTRY)
      this.#wrote = false
    }, settings.lease / 6)
    unref(this.#timer)
    this.#unfollow = log.follow(
      (entries) => {
        for (const { type } of entries) {
          if (type === STOP) this.#end('stopped')
          else if (type === END_EVENT && !this.#last) this.#close(false)
        }
      },
      // A stop may have been missed: an empty batch finds it.
      () => this.#flush(),
    )
  }

  /** @throws {EventwireError} `invalid-option` for a source that is not an iterable or a stream. */
  begin(source: unknown): void {
    if (this.#last) return
    this.#stopSource = pipe(source, {
      // The next event is pulled after the one before was appended.
      room: paced(() => this.#written),
      take: (event) => this.#write(this.#settings.encode(event)),
      ended: (bySource) => bySource && this.#end('done'),
      failed: (error) => this.fail(error),
    })
    // Followers do not receive a stop that was appended before `follow`.
    this.#flush()
  }

  /** Ends the run as lost, because this process shuts down. */
  handOver(): Promise<boolean> {
    this.#failingSince = Number.NEGATIVE_INFINITY
    this.#end('lost', this.#settings.farewell)
    return this.ended
  }

  fail(error: unknown): void {
    if (!this.#last) this.#end('failed', this.#settings.failed(error))
  }

  /** Ends the run. Unless its generator has returned, calls its `return()` and publishes none of its later events. */
  #end(how: RunEnd, before: readonly NewEntry[] = []): void {
    if (this.#last) return
    this.#last = [...before, endEntry(how)]
    if (how !== 'done') this.#abandon()
    this.#flush()
  }

  #abandon(): void {
    this.controller.abort()
    this.#stopSource?.()
  }

  #write(entry: NewEntry): void {
    if (this.#last) return
    this.#next = [entry]
    this.#flush()
  }

  #flush(): void {
    this.#written ??= this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    // `#written` is set before the first append, which may call back at once.
    await undefined
    do {
      const last = this.#last
      const batch = [...this.#next, ...(last ?? [])]
      this.#next = []
      try {
        const isThere = await take(write(this.#pen, batch), this.#log, (cause) => this.#pause(cause))
        this.#wrote ||= batch.length > 0
        this.#failingSince = undefined
        if (!isThere || last) this.#close(isThere)
        else if (this.#pen.stopped) this.#end('stopped')
      } catch (cause) {
        this.#refuse(cause, batch)
      }
    } while (this.#next[0] || this.#last?.[0])
    this.#written = undefined
  }

  /** Handles a batch that the log refuses, or could not append for too long: nothing can be appended behind it. */
  #refuse(cause: unknown, batch: readonly NewEntry[]): void {
    const error = logFailure(cause)
    const isRefused = error.code !== 'log-failed'
    if (isRefused && !this.#last) this.fail(cause)
    // The event before the end may be too large for the log; the end alone is not.
    else if (isRefused && batch.length > 1) this.#last = this.#last!.slice(-1)
    else {
      this.#settings.report(error)
      this.#close(false)
    }
  }

  #pause(cause: unknown): Promise<void> {
    const { lease, report } = this.#settings
    const now = performance.now()
    const error = logFailure(cause)
    if (this.#failingSince === undefined) {
      this.#failingSince = now
      report(error)
    }
    const leases = (now - this.#failingSince) / lease
    if (leases > GIVE_UP) this.fail(error)
    if (leases > 2 * GIVE_UP) throw cause
    // At most half a second between two attempts.
    return new Promise((resolve) => setTimeout(resolve, Math.min(500, lease / 8)))
  }

  #close(isWhole: boolean): void {
    if (this.#last?.length === 0) return
    this.#last = this.#next = []
    if (!isWhole) this.#abandon()
    clearInterval(this.#timer)
    this.#unfollow()
    this.#leave(isWhole)
  }
}
