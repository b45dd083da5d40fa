import { EventwireError } from '../../../shared/errors.ts'
import {
  type Cursor,
  type EventLog,
  ended,
  fromCursor,
  type LogEntry,
  type NewEntry,
  type Page,
  toCursor,
} from '../event-log.ts'
import { pageAfter } from '../page.ts'
import { type At, drawEpoch, END, pack, positionOf } from './fields.ts'
import { Tail } from './live-tail.ts'
import type { RedisLogOptions } from './options.ts'
import { settingsOf } from './options.ts'
import { type Hub, joinHub, leaveHub } from './shared-connections.ts'
import { type Excerpt, excerptOf, isPassing } from './stream-range.ts'

/** A page is cut off at so many bytes. */
const PAGE_BYTES = '1048576'
/** Milliseconds that a read waits for Redis to come back: its client has an open stream meanwhile. */
const PATIENCE = 30_000
const PAUSE = 100
const FILL = 512
export class RedisLog implements EventLog {
  readonly #settings: ReturnType<typeof settingsOf>
  readonly #hub: Hub
  readonly #keys: readonly string[]
  readonly #channel: string
  #tail: { readonly tail: Tail; readonly end: () => void } | undefined
  readonly #reads = new Map<string, Promise<Page>>()
  #pending = 0
  #closed = false

  constructor(options: RedisLogOptions) {
    this.#settings = settingsOf(options)
    const { client, key } = this.#settings
    // The braces make one Cluster slot of all that belongs to a log.
    const base = `eventwire:{${key}}`
    this.#keys = [base, `${base}:life`]
    this.#channel = `${base}:live`
    this.#hub = joinHub(client)
  }

  async append(entry: NewEntry): Promise<Cursor> {
    const { maxEvents, maxAge, expireAfter, maxBuffer, timeout } = this.#settings
    const purpose = this.#open('append to')
    const text = pack(entry)
    if (this.#pending > 0 && this.#pending + text.length > maxBuffer) {
      throw new EventwireError(
        'log-failed',
        `${purpose}: ${this.#pending} characters wait for Redis and maxBuffer is ${maxBuffer}; it has not happened, try again`,
      )
    }
    const args = ['append', ...drawEpoch(), `${maxEvents}`, maxAge, expireAfter, this.#channel, text, END]
    this.#pending += text.length
    try {
      const answer = await this.#hub.commands.run({ keys: this.#keys, args, timeout, purpose })
      if (answer === '') throw ended(purpose)
      const at = positionOf(answer as string)
      const cursor = toCursor(at.epoch, at.sequence)
      await this.#tail?.tail.appended(at, { type: entry.type, data: entry.data, topics: entry.topics, cursor })
      return cursor
    } finally {
      this.#pending -= text.length
    }
  }

  read(after: Cursor | undefined, limit: number): Page | Promise<Page> {
    this.#open('read')
    const position = after === undefined ? undefined : fromCursor(after)
    return this.#readRecent(after, position, limit) ?? this.#readOnce(after, position, limit)
  }

  follow(onEntries: (entries: readonly LogEntry[]) => void, onLost: () => void): () => void {
    this.#open('follow')
    const follower = { onEntries, onLost }
    this.#tail ??= this.#startTail()
    const { tail, end } = this.#tail
    tail.followers.add(follower)
    return () => {
      if (!tail.followers.delete(follower) || tail.followers.size > 0) return
      end()
      this.#tail = undefined
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#tail?.end()
    this.#tail = undefined
    leaveHub(this.#settings.client)
  }

  #startTail(): { tail: Tail; end: () => void } {
    const { maxEvents, recentBytes, checkInterval } = this.#settings
    const { subscriber } = this.#hub
    const tail = new Tail({
      maxEvents,
      recentBytes,
      checkInterval,
      fetch: (after) => this.#fetch(after, FILL),
      onDeaf: () => subscriber.renew(),
    })
    const leave = subscriber.listen(this.#channel, tail)
    const end = () => {
      leave()
      tail.stop()
    }
    return { tail, end }
  }

  /** What followers have had needs no Redis, as far as it is kept here. */
  #readRecent(after: Cursor | undefined, position: At | undefined, limit: number): Page | undefined {
    const { age, maxEvents } = this.#settings
    const tail = this.#tail?.tail
    if (tail?.epoch === undefined) return undefined
    const { epoch, recent } = tail
    const { newest } = recent
    const oldest = Math.max(tail.oldest, newest - maxEvents)
    const bounds = { epoch, newest, oldest }
    if (after === undefined) return age === Number.POSITIVE_INFINITY ? pageAfter(bounds, after, () => []) : undefined
    if (position?.epoch !== epoch || position.sequence < oldest) return undefined
    const entries = recent.after(position.sequence, limit, Date.now() - age)
    return entries && pageAfter(bounds, after, () => entries)
  }

  /** Clients that all come back at one position share one answer, and its frames. */
  #readOnce(after: Cursor | undefined, position: At | undefined, limit: number): Promise<Page> {
    if (after === undefined || this.#tail === undefined) return this.#readStored(after, position, limit)
    const key = `${limit} ${after}`
    const underWay = this.#reads.get(key)
    if (underWay !== undefined) return underWay
    const page = this.#readStored(after, position, limit).finally(() => this.#reads.delete(key))
    this.#reads.set(key, page)
    return page
  }

  async #readStored(after: Cursor | undefined, position: At | undefined, limit: number): Promise<Page> {
    const excerpt = await this.#fetch(position, limit)
    // Who follows hears of a new life before anybody reads in it.
    await this.#tail?.tail.noticed(excerpt.epoch)
    return pageAfter(excerpt, after, () => excerpt.entries.map(({ entry }) => entry))
  }

  /** Reads until Redis answers: nothing happens twice by that. */
  async #fetch(after: At | undefined, limit: number): Promise<Excerpt> {
    const { maxEvents, maxAge, expireAfter } = this.#settings
    const position = after === undefined ? ['', '0'] : [after.epoch, `${after.sequence}`]
    const givenUp = Date.now() + PATIENCE
    for (;;) {
      const args = ['read', ...drawEpoch(), `${maxEvents}`, maxAge, expireAfter, ...position, `${limit}`, PAGE_BYTES]
      const timeout = Math.max(1, Math.min(this.#settings.timeout, givenUp - Date.now()))
      const purpose = this.#open('read')
      try {
        const answer = await this.#hub.commands.run({ keys: this.#keys, args, timeout, purpose })
        return excerptOf(answer as string[], after)
      } catch (cause) {
        if (this.#closed || Date.now() >= givenUp || !isPassing(cause)) throw cause
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
  }

  #open(what: string): string {
    const purpose = `${what} log "${this.#settings.key}"`
    if (this.#closed) throw new EventwireError('closed', `${purpose}: the log is closed; create a new one`)
    return purpose
  }
}
