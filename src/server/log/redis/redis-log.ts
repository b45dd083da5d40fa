import { EventwireError } from '../../../shared/errors.ts'
import type { AppendOptions, Cursor, EventLog, LogEntry, LogSize, NewEntry, Page, ReadOptions } from '../event-log.ts'
import { type KeptValues, keptValues, type ValueLog } from '../kept-values.ts'
import { pageAfter } from '../page.ts'
import { byPosition, fromCursor, type Position } from '../position.ts'
import { Appender } from './appender.ts'
import { newRedisEpoch } from './fields.ts'
import { LiveEnd } from './live-end.ts'
import type { RedisLogOptions } from './options.ts'
import { settingsOf } from './options.ts'
import { acquireConnections, releaseConnections, type SharedConnections } from './shared-connections.ts'
import { isPassing, type StreamRange, streamRangeOf, type ValuePage, valuePageOf } from './stream-range.ts'

/** Maximum size of a page in bytes. */
const PAGE_BYTES = '1048576'
/** Milliseconds that a read waits for Redis to reconnect: its client has an open stream meanwhile. */
const READ_TIMEOUT = 30_000
const PAUSE = 100
const FILL = 512
export function openRedisLog(options: RedisLogOptions): EventLog {
  return new RedisLog(options)
}

class RedisLog implements ValueLog {
  readonly #settings: ReturnType<typeof settingsOf>
  readonly #connections: SharedConnections
  readonly #keys: readonly string[]
  readonly #channel: string
  readonly #appender: Appender
  #live: { readonly end: LiveEnd; readonly stop: () => void } | undefined
  readonly #reads = new Map<string, Promise<Page>>()
  /** The epoch that the log begins with, if this process begins it; until then reads return it. */
  #nextEpoch = newRedisEpoch()
  /** A call that may begin the log with it is under way. */
  #offered = false
  #closed = false

  constructor(options: RedisLogOptions) {
    this.#settings = settingsOf(options)
    const { client, key } = this.#settings
    // The braces make one Cluster slot of all that belongs to a log.
    const base = `eventwire:{${key}}`
    this.#keys = [base, `${base}:life`, `${base}:latest`, `${base}:values`, `${base}:subjects`]
    this.#channel = `${base}:live`
    this.#connections = acquireConnections(client)
    this.#appender = new Appender({
      maxBuffer: this.#settings.maxBuffer,
      run: (purpose, args) => {
        const { timeout } = this.#settings
        return this.#run('append', true, [this.#channel, ...args], timeout, purpose)
      },
      appended: (first, entries) => this.#live?.end.appended(first, entries),
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

  async [keptValues](): Promise<KeptValues> {
    const entries: LogEntry[] = []
    let first: ValuePage | undefined
    let cursor = '0'
    do {
      const page = valuePageOf((await this.#ask('values', false, [cursor])) as string[])
      first ??= page
      entries.push(...page.entries)
      cursor = page.cursor
    } while (cursor !== '0')
    return { entries: entries.sort(byPosition), upTo: first.upTo, isComplete: first.isComplete }
  }

  follow(onEntries: (entries: readonly LogEntry[]) => void, onLost: () => void): () => void {
    this.#open('follow')
    const follower = { onEntries, onLost }
    this.#live ??= this.#startLiveEnd()
    const { end, stop } = this.#live
    end.followers.add(follower)
    return () => {
      if (!end.followers.delete(follower) || end.followers.size > 0) return
      stop()
      this.#live = undefined
    }
  }

  /** As of the last reply of Redis. The bytes are known to Redis alone. */
  size(): LogSize | undefined {
    const end = this.#live?.end
    if (end?.epoch === undefined) return undefined
    const { newest } = end.recent
    return { entries: newest - Math.max(end.oldest, newest - this.#settings.maxEvents) }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#live?.stop()
    this.#live = undefined
    this.#appender.flush()
    releaseConnections(this.#settings.client)
  }

  #startLiveEnd(): { end: LiveEnd; stop: () => void } {
    const { maxEvents, recentBytes, checkInterval } = this.#settings
    const { subscriber } = this.#connections
    const end = new LiveEnd({
      maxEvents,
      recentBytes,
      checkInterval,
      fetch: (after) => this.#fetch(after, FILL, false, true),
      onMissedNotifications: () => subscriber.renew(),
    })
    const unlisten = subscriber.listen(this.#channel, end)
    const stop = () => {
      unlisten()
      end.stop()
    }
    return { end, stop }
  }

  /** Reads from the entries that followers have received, as far as this process keeps them, without asking Redis. */
  #readRecent(after: Cursor | undefined, at: Position | undefined, limit: number, latest: boolean): Page | undefined {
    const { age, maxEvents } = this.#settings
    const end = this.#live?.end
    if (end?.epoch === undefined) return undefined
    const { epoch, recent } = end
    const { newest } = recent
    const oldest = Math.max(end.oldest, newest - maxEvents)
    const bounds = { epoch, newest, oldest }
    if (after === undefined && !latest && age !== Number.POSITIVE_INFINITY) return undefined
    const from = after === undefined ? oldest : at?.sequence
    if (from === undefined || from < oldest || (at !== undefined && at.epoch !== epoch)) return undefined
    const part = recent.after(from, limit, latest, Date.now() - age)
    return part && pageAfter(bounds, after, latest, () => part)
  }

  /** Clients that reconnect at one position share one read, and its frames. */
  #readOnce(after: Cursor | undefined, at: Position | undefined, limit: number, latest: boolean): Promise<Page> {
    if (after === undefined || this.#live === undefined) return this.#readStored(after, at, limit, latest)
    const key = `${limit} ${latest} ${after}`
    const underWay = this.#reads.get(key)
    if (underWay !== undefined) return underWay
    const page = this.#readStored(after, at, limit, latest).finally(() => this.#reads.delete(key))
    this.#reads.set(key, page)
    return page
  }

  async #readStored(
    after: Cursor | undefined,
    at: Position | undefined,
    limit: number,
    latest: boolean,
  ): Promise<Page> {
    const range = await this.#fetch(at, limit, latest)
    // Followers learn of a new life before a page of it is returned.
    await this.#live?.end.noticed(range.epoch)
    const entries = range.entries.map(({ entry }) => entry)
    return pageAfter(range, after, latest, () => ({ entries, next: range.next }))
  }

  /**
   * Reads until Redis replies: nothing happens twice by that. A log that is followed has to have an epoch which all processes know,
   * so reading begins it.
   */
  async #fetch(
    after: Position | undefined,
    limit: number,
    latest: boolean,
    begins: boolean = this.#live !== undefined,
  ): Promise<StreamRange> {
    const position = after === undefined ? ['', '0'] : [after.epoch, `${after.sequence}`]
    const args = [...position, `${limit}`, PAGE_BYTES, begins ? '1' : '', latest ? '1' : '']
    return streamRangeOf((await this.#ask('read', begins, args)) as string[], latest)
  }

  async #ask(what: string, begins: boolean, args: readonly string[]): Promise<unknown> {
    const deadline = Date.now() + READ_TIMEOUT
    for (;;) {
      const timeout = Math.max(1, Math.min(this.#settings.timeout, deadline - Date.now()))
      const purpose = this.#open('read')
      this.#appender.flush()
      try {
        return await this.#run(what, begins, args, timeout, purpose)
      } catch (cause) {
        if (this.#closed || Date.now() >= deadline || !isPassing(cause)) throw cause
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
  }

  /** Runs the script. What may begin the log is given an epoch to begin it with, which no other call may have used. */
  async #run(what: string, begins: boolean, rest: readonly string[], timeout: number, purpose: string) {
    const { maxEvents, maxAge, expireAfter } = this.#settings
    const offers = begins && !this.#offered
    const epoch = begins && !offers ? newRedisEpoch() : this.#nextEpoch
    const args = [what, ...epoch, `${maxEvents}`, maxAge, expireAfter, ...rest]
    this.#offered ||= offers
    let isUsed = offers
    try {
      const reply = await this.#connections.commands.run({ keys: this.#keys, args, timeout, purpose })
      isUsed = offers && `${reply}`.startsWith(what === 'read' ? `${epoch[1]},` : `${epoch[1]}-`)
      return reply
    } finally {
      if (offers) this.#offered = false
      if (isUsed) this.#nextEpoch = newRedisEpoch()
    }
  }

  #open(what: string): string {
    const purpose = `${what} log "${this.#settings.key}"`
    if (this.#closed) throw new EventwireError('closed', `${purpose}: the log is closed; create a new one`)
    return purpose
  }
}
