import { END_EVENT } from '../../shared/wire/names.ts'
import { openChannel } from '../channel/channel.ts'
import type { Channel, ChannelCloseOptions, SubscribeResult } from '../channel/types.ts'
import type { Cursor, EventLog } from '../log/event-log.ts'
import { logFailure } from '../log/log-failure.ts'
import { isMemoryLog } from '../log/memory-log.ts'
import { finish, hasRoom, isOpen } from '../stream/internal.ts'
import { unref } from '../stream/shared-timer.ts'
import type { Stream } from '../stream/stream.ts'
import { endEntry, endOf } from './entries.ts'
import { Producer } from './producer.ts'
import { check, look, type Vigil, vigilAt } from './protocol.ts'
import type { RunsSettings } from './settings.ts'
import { type Steps, take } from './steps.ts'
import type { RunStatus } from './types.ts'
import { within } from './within.ts'

/** The time in milliseconds in which a client takes some of what waits for it, or counts as one that reads nothing. */
const STALLED = 500

/** The log of one run in this process, with its producer and its streams. The log is closed when none of them uses it. */
export class RunLog {
  readonly log: EventLog
  readonly #settings: RunsSettings
  readonly #onIdle: () => void
  /** The number of streams and calls that use the log, and of producers and watches. */
  #users = 0
  #channel: Channel<any> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The last check of the producer. */
  #steps: ReturnType<typeof check> | undefined
  #isClosed = false
  producer: Producer | undefined

  constructor(settings: RunsSettings, id: string, onIdle: () => void) {
    this.#settings = settings
    this.log = settings.log(id)
    this.#onIdle = onIdle
  }

  acquire(): this {
    this.#users++
    return this
  }

  release(): void {
    if (--this.#users === 0) this.#onIdle()
  }

  /**
   * Takes steps of the protocol. Waits a moment for logs whose reads come from memory and are behind. Rejects with the refusal of the
   * log, or with `log-failed`.
   */
  ask<Result>(steps: Steps<Result>): Promise<Result> {
    let attempts = 0
    return take(steps, this.log, (cause) => {
      if (++attempts > 200) throw cause
      return new Promise((resolve) => setTimeout(resolve, 10))
    }).catch((cause) => {
      throw logFailure(cause)
    })
  }

  /** Reads the status of the run. Watches a run of another process until it gives a sign of life or has no reader. */
  async look(): Promise<RunStatus> {
    const last = await this.ask(look())
    if (!last) return 'none'
    if (last.type === END_EVENT) return endOf(last)
    this.#watch(last.cursor)
    return 'running'
  }

  /** Creates the producer. Keeps the log open while the producer works, and a log in memory for `keep` longer. */
  produce(head: Cursor): Producer {
    this.acquire()
    const producer = new Producer(this.#settings, this.log, head)
    this.producer = producer
    producer.ended.then((isWhole) => {
      this.producer = undefined
      if (!isWhole && this.#users > 1) this.#watch(head)
      unref(setTimeout(() => this.release(), isMemoryLog(this.log) ? this.#settings.keep : 0))
    })
    return producer
  }

  /** Subscribes a stream to the run, from the start or from the cursor of its client. */
  read(stream: Stream): Promise<SubscribeResult> {
    this.acquire()
    if (this.#channel === undefined) {
      this.#channel = openChannel({ log: this.log, events: this.#settings.stream.events })
      this.#channel.onError(this.#settings.report)
    }
    stream.closed.then(() => this.release())
    return this.#channel.subscribe(stream, { from: 'start' })
  }

  /**
   * Ends the run as lost if its producer is in this process. Then waits until the readers of a run that has ended have received its
   * end, except those whose clients read nothing.
   */
  async handOver(): Promise<void> {
    await this.producer?.handOver()
    const last = await this.ask(look()).catch(() => undefined)
    if (last?.type === END_EVENT) await Promise.all(this.#streams().map(ended))
  }

  /** Ends all streams and closes the log, once. */
  async close(options?: ChannelCloseOptions): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#steps?.return('over')
    await this.#channel?.close(options)
    await this.log.close()
  }

  /** Watches the producer, unless it is in this process, from the last entry that was seen. */
  #watch(head: Cursor): void {
    if (this.producer || this.#timer) return
    this.acquire()
    this.#wait(vigilAt(head, performance.now(), this.#settings.lease))
  }

  #wait(vigil: Vigil): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => this.#check(vigil), Math.max(0, vigil.due - performance.now()))
    unref(this.#timer)
  }

  async #check(vigil: Vigil): Promise<void> {
    const { lease, farewell } = this.#settings
    this.#steps = check(vigil, lease, farewell)
    // Failures of the log are reported by the channel of the readers.
    const found = await this.ask(this.#steps).catch(() => 'alive')
    if (this.producer === undefined && (found === 'silent' || (found === 'alive' && this.#users > 1))) {
      this.#wait(vigil)
      return
    }
    this.#timer = undefined
    if (found === 'gone') await this.#onGone()
    this.release()
  }

  /** Called when the log no longer has the run. Its readers have received a gap; unless another run has begun, closes their streams. */
  async #onGone(): Promise<void> {
    const { lost } = this.#settings
    if ((await this.look().catch(() => undefined)) !== 'none') return
    for (const stream of this.#streams()) {
      if (lost) stream.send(lost.type, lost.data)
      finish(stream, endEntry('lost').data)
    }
  }

  #streams(): Stream[] {
    return [...((this.#channel ?? []) as Iterable<any>)]
  }
}

/** Waits for the end of a stream, for as long as its client takes what waits for it. */
async function ended(stream: Stream): Promise<void> {
  let before: number
  do {
    before = stream.buffered
    await within(STALLED, stream.closed)
  } while (isOpen(stream) && (hasRoom(stream) || stream.buffered !== before))
}
