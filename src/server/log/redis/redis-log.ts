import { EventwireError } from '../../../shared/errors.ts'
import {
  type AppendOptions,
  type Cursor,
  type EventLog,
  fromCursor,
  type LogEntry,
  type NewEntry,
  type Page,
  type ReadOptions,
} from '../event-log.ts'
import { pageAfter } from '../page.ts'
import { Appender } from './appender.ts'
import { type At, drawEpoch } from './fields.ts'
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
  readonly #appender: Appender
  #tail: { readonly tail: Tail; readonly end: () => void } | undefined
  readonly #reads = new Map<string, Promise<Page>>()
  /** The epoch that the log begins with, if this process begins it; until then reads answer it. */
  #nextEpoch = drawEpoch()
  /** A call that may begin the log with it is under way. */
  #offered = false
  #closed = false

  constructor(options: RedisLogOptions) {
    this.#settings = settingsOf(options)
    const { client, key } = this.#settings
    // The braces make one Cluster slot of all that belongs to a log.
    const base = `eventwire:{${key}}`
    this.#keys = [base, `${base}:life`, `${base}:latest`]
    this.#channel = `${base}:live`
    this.#hub = joinHub(client)
    this.#appender = new Appender({
      maxBuffer: this.#settings.maxBuffer,
      run: (purpose, args) => {
        const { timeout } = this.#settings
        return this.#run('append', true, [this.#channel, ...args], timeout, purpose)
      },
      appended: (first, entries) => this.#tail?.tail.appended(first, entries),
    })
  }

  async append(entries: readonly NewEntry[], options: AppendOptions = {}): Promise<readonly Cursor[]> {
    const purpose = this.#open('append to')
    return entries.length === 0 ? [] : this.#appender.append(purpose, entries, options)
  }

  read(after: Cursor | undefined, limit: number, { latest = false }: ReadOptions = {}): Page | Promise<Page> {
    this.#open('read')
    const position = after === undefined ? undefined : fromCursor(after)
    return this.#readRecent(after, position, limit, latest) ?? this.#readOnce(after, position, limit, latest)
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
    this.#appender.flush()
    leaveHub(this.#settings.client)
  }

  #startTail(): { tail: Tail; end: () => void } {
    const { maxEvents, recentBytes, checkInterval } = this.#settings
    const { subscriber } = this.#hub
    const tail = new Tail({
      maxEvents,
      recentBytes,
      checkInterval,
      fetch: (after) => this.#fetch(after, FILL, false, true),
      onDeaf: () => subscriber.renew(),
    })
    const leave = subscriber.listen(this.#channel, tail)
    const end = () => {
      leave()
      tail.stop()
    }
    return { tail, end }
  }

  /** Reads from the entries that followers have received, as far as this process keeps them, without asking Redis. */
  #readRecent(after: Cursor | undefined, at: At | undefined, limit: number, latest: boolean): Page | undefined {
    const { age, maxEvents } = this.#settings
    const tail = this.#tail?.tail
    if (tail?.epoch === undefined) return undefined
    const { epoch, recent } = tail
    const { newest } = recent
    const oldest = Math.max(tail.oldest, newest - maxEvents)
    const bounds = { epoch, newest, oldest }
    if (after === undefined && !latest && age !== Number.POSITIVE_INFINITY) return undefined
    const from = after === undefined ? oldest : at?.sequence
    if (from === undefined || from < oldest || (at !== undefined && at.epoch !== epoch)) return undefined
    const part = recent.after(from, limit, latest, Date.now() - age)
    return part && pageAfter(bounds, after, latest, () => part)
  }

  /** Clients that all come back at one position share one answer, and its frames. */
  #readOnce(after: Cursor | undefined, at: At | undefined, limit: number, latest: boolean): Promise<Page> {
    if (after === undefined || this.#tail === undefined) return this.#readStored(after, at, limit, latest)
    const key = `${limit} ${latest} ${after}`
    const underWay = this.#reads.get(key)
    if (underWay !== undefined) return underWay
    const page = this.#readStored(after, at, limit, latest).finally(() => this.#reads.delete(key))
    this.#reads.set(key, page)
    return page
  }

  async #readStored(after: Cursor | undefined, at: At | undefined, limit: number, latest: boolean): Promise<Page> {
    const excerpt = await this.#fetch(at, limit, latest)
    // Followers learn of a new life before a page of it is returned.
    await this.#tail?.tail.noticed(excerpt.epoch)
    const entries = excerpt.entries.map(({ entry }) => entry)
    return pageAfter(excerpt, after, latest, () => ({ entries, next: excerpt.next }))
  }

  /**
   * Reads until Redis answers: nothing happens twice by that. A log that is followed has to have an epoch which all processes know,
   * so reading begins it.
   */
  async #fetch(
    after: At | undefined,
    limit: number,
    latest: boolean,
    begins: boolean = this.#tail !== undefined,
  ): Promise<Excerpt> {
    const position = after === undefined ? ['', '0'] : [after.epoch, `${after.sequence}`]
    const givenUp = Date.now() + PATIENCE
    for (;;) {
      const timeout = Math.max(1, Math.min(this.#settings.timeout, givenUp - Date.now()))
      const purpose = this.#open('read')
      const args = [...position, `${limit}`, PAGE_BYTES, begins ? '1' : '', latest ? '1' : '']
      this.#appender.flush()
      try {
        const answer = await this.#run('read', begins, args, timeout, purpose)
        return excerptOf(answer as string[], latest)
      } catch (cause) {
        if (this.#closed || Date.now() >= givenUp || !isPassing(cause)) throw cause
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
  }

  /** Runs the script. What may begin the log is given an epoch to begin it with, which no other call may have used. */
  async #run(what: string, begins: boolean, rest: readonly string[], timeout: number, purpose: string) {
    const { maxEvents, maxAge, expireAfter } = this.#settings
    const offers = begins && !this.#offered
    const epoch = begins && !offers ? drawEpoch() : this.#nextEpoch
    const args = [what, ...epoch, `${maxEvents}`, maxAge, expireAfter, ...rest]
    this.#offered ||= offers
    let isUsed = offers
    try {
      const answer = await this.#hub.commands.run({ keys: this.#keys, args, timeout, purpose })
      isUsed = offers && `${answer}`.startsWith(what === 'read' ? `${epoch[1]},` : `${epoch[1]}-`)
      return answer
    } finally {
      if (offers) this.#offered = false
      if (isUsed) this.#nextEpoch = drawEpoch()
    }
  }

  #open(what: string): string {
    const purpose = `${what} log "${this.#settings.key}"`
    if (this.#closed) throw new EventwireError('closed', `${purpose}: the log is closed; create a new one`)
    return purpose
  }
}
