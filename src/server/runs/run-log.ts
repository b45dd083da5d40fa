import { LogChannel } from '../channel/channel.ts'
import type { SubscribeResult } from '../channel/types.ts'
import type { Cursor, EventLog } from '../log/event-log.ts'
import { isMemoryLog } from '../log/memory-log.ts'
import { finish } from '../stream/internal.ts'
import { unref } from '../stream/shared-timer.ts'
import type { Stream } from '../stream/stream.ts'
import { endEntry } from './entries.ts'
import { Producer } from './producer.ts'
import { look } from './protocol.ts'
import type { RunsSettings } from './settings.ts'
import { take } from './steps.ts'
import type { RunsCloseOptions } from './types.ts'
import { Watch } from './watch.ts'

/** The log of one run in this process, and everything that uses it. It is closed when nothing does. */
export class RunLog {
  readonly id: string
  readonly log: EventLog
  readonly #settings: RunsSettings
  readonly #onIdle: (runLog: RunLog) => void
  #users = 0
  #isKept = false
  #channel: LogChannel | undefined
  #watch: Watch | undefined
  producer: Producer | undefined

  constructor(settings: RunsSettings, id: string, onIdle: (runLog: RunLog) => void) {
    this.id = id
    this.#settings = settings
    this.log = settings.log(id)
    this.#onIdle = onIdle
  }

  acquire(): this {
    this.#users++
    return this
  }

  release(): void {
    if (--this.#users === 0 && !this.#isKept) this.#onIdle(this)
  }

  /** Holds the log for as long as the producer of this process works, and its memory for some time longer. */
  produce(head: Cursor): Producer {
    this.acquire()
    this.#isKept = isMemoryLog(this.log)
    this.#watch?.stop()
    const producer = new Producer(this.#settings, this.log, head)
    this.producer = producer
    producer.ended.then(() => {
      this.producer = undefined
      if (this.#isRead) this.watch(head)
      if (this.#isKept) unref(setTimeout(() => this.#forget(), this.#settings.keep))
      this.release()
    })
    return producer
  }

  /** Lets a stream read the run from its start, or from its client's cursor. */
  read(stream: Stream, head: Cursor, isRunning: boolean): Promise<SubscribeResult> {
    this.acquire()
    const { stream: options, report } = this.#settings
    if (this.#channel === undefined) {
      const { events, ...stream } = options
      this.#channel = new LogChannel({ log: this.log, events, stream })
      this.#channel.onError(report)
    }
    const subscribed = this.#channel.subscribe(stream, { from: 'start' })
    stream.closed.then(() => this.release())
    if (isRunning) this.watch(head)
    return subscribed
  }

  /** Watches the producer, unless it is ours, from the last entry that was seen. */
  watch(head: Cursor): void {
    if (this.producer !== undefined || this.#watch !== undefined) return
    this.acquire()
    const runLog = this
    this.#watch = new Watch(this.#settings, this.log, head, {
      get isRead() {
        return runLog.#isRead
      },
      onGone: () => this.#onGone(),
      onEnd: () => {
        this.#watch = undefined
        this.release()
      },
    })
  }

  /** Ends all streams, and lets go of the log. */
  async close(options: RunsCloseOptions): Promise<void> {
    this.#watch?.stop()
    await this.#channel?.close(options)
    await this.log.close()
  }

  get #isRead(): boolean {
    return (this.#channel?.size ?? 0) > 0
  }

  #forget(): void {
    this.#isKept = false
    this.acquire().release()
  }

  /** The log has forgotten the run. Its readers have been told a gap; without another run there is nothing to wait for. */
  async #onGone(): Promise<void> {
    if (!this.#isRead) return
    this.acquire()
    try {
      const { status, head } = await take(look(), this.log)
      if (status !== 'none') this.watch(head)
      else for (const stream of [...this.#channel!]) this.#sayLost(stream as unknown as Stream)
    } catch {
      // The log fails: the channel has reported it, and the streams are looked at again when the next reader comes.
    } finally {
      this.release()
    }
  }

  #sayLost(stream: Stream): void {
    const { lost } = this.#settings
    if (lost !== undefined) stream.send(lost.type, lost.data)
    stream[finish](endEntry('lost').data)
  }
}
