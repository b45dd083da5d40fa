import type { SubscriptionState } from '../subscription/subscription.ts'
import type { Connection, Item, LeaderPost, Post, Want } from './posts.ts'
import { Tab, type TopicUse } from './tab.ts'

/** By how much the stamps of two leaders differ at most. Tabs draw their share, so two leaders that do not know of each other differ. */
const TERM = 100_000
/** By how much the stamps of two connections of a leader differ. */
const NEXT = 0.000_001

export const CONNECTING: SubscriptionState = { status: 'connecting', attempt: 1 }

/** A tab that can hold the lock. Then it knows the topics of all tabs, and has the connection that serves them. */
export abstract class Leader<Use extends TopicUse> extends Tab<Use> {
  leading = false
  /** The topics of each tab. */
  tabs: Record<string, Want> = {}
  /** The cursors of tabs that the present connection does not serve. */
  asks: string[] = []
  connection: Connection | undefined
  /** The latest state of the connection. */
  state: SubscriptionState = CONNECTING

  /** Called when the connection has to change. */
  protected abstract changed(): void
  /** Gives up the lock, and requests it again. */
  protected abstract restart(): void

  /** Begins a term that is later than that of every leader known to this tab. */
  lead(): void {
    this.leading = true
    this.stamp = Math.floor(this.stamp + 1 + this.id * TERM)
    this.announce()
    this.want()
  }

  stop(): void {
    this.leading = this.following = false
    this.tabs = {}
    this.asks = []
    this.connection = undefined
  }

  override receive(post: Post): void {
    if (this.leading && this.isOutdated(this.stamp, post.stamp)) {
      this.stamp = post.stamp
      this.restart()
    } else if (!('tab' in post)) super.receive(post)
    else if (this.leading) {
      this.tabs[post.tab] = post
      if (post.ask || !this.connection) this.asks.push(post.cursor)
      if (!post.ask) this.announce()
      this.#check()
    }
    if (!this.leading && !this.full) this.#pauseWhenFull()
  }

  /** Pauses a follower whose loop is full, because it must not slow the leader. It catches up from its cursor. */
  #pauseWhenFull(): void {
    const room = this.ready()
    if (!room) return
    this.full = true
    this.following = false
    room.then(() => {
      this.full = false
      this.want()
    })
  }

  /** Resolves when this tab can take more messages; `undefined` when it can now. */
  ready(): Promise<void> | undefined {
    for (const use of this.uses) {
      const room = use.ready()
      if (room) return room
    }
    return undefined
  }

  /** Removes a closed tab. */
  gone(tab: number): void {
    delete this.tabs[tab]
    this.#check()
  }

  /** The topics of all tabs. */
  get wanted(): readonly string[] {
    return this.#all('topics')
  }

  /** Whether the present connection does not serve all tabs. */
  get isStale(): boolean {
    const { topics = [], added = [] } = this.connection ?? {}
    return (
      this.asks.length > 0 ||
      `${topics}` !== `${this.wanted}` ||
      this.#all('fresh').some((name) => !added.includes(name))
    )
  }

  /** Begins a request to the server. */
  connecting(): Connection {
    const { cursor, start = '' } = this.connection ?? {}
    this.stamp += NEXT
    this.following = false
    const from = this.earliest([...this.asks, cursor || start])
    this.asks = []
    this.connection = { topics: this.wanted, added: this.#all('fresh'), start: from, seq: 0, early: [] }
    return this.connection
  }

  /** Passes received messages on to all tabs. */
  received(items: readonly Item[]): void {
    const { connection } = this
    const batch: Item[] = []
    for (const item of items) {
      if (!connection || connection !== this.connection) return
      if (connection.cursor !== undefined || this.#begin(connection, item)) batch.push(item)
      if (item.id !== '' && connection.cursor !== undefined) connection.cursor = item.id
    }
    if (batch.length > 0) this.post({ stamp: this.stamp, seq: connection!.seq++, items: batch })
  }

  /** Announces the connection at its first cursor. @returns whether the item is an event of the connection. */
  #begin(connection: Connection, item: Item): boolean {
    const { start, added, early } = connection
    const { type, id, gap } = item
    const isEvent = type !== undefined
    // A server without ids sends no cursor: its connection begins with the first event.
    const begins = id !== '' || (!gap && start === '' && added.length === 0)
    if (!begins || !isEvent) early.push(item)
    if (!begins) return false
    const isResumed = start !== '' && !early.some(({ gap }) => gap)
    Object.assign(connection, { cursor: isResumed ? start : isEvent ? '' : id, added: [], early: [] })
    this.#forget('fresh', added)
    this.announce({ added, early })
    return isEvent
  }

  /** Posts the state of the leader, with its connection once that has begun. */
  announce(part?: Partial<LeaderPost>): void {
    this.post({ ...this.connection, stamp: this.stamp, state: this.state, ...part })
  }

  /** Removes topics that the server refused. */
  drop(names: readonly string[]): void {
    this.#forget('topics', names)
    this.#check()
  }

  #forget(field: 'topics' | 'fresh', names: readonly string[]): void {
    for (const tab of Object.values(this.tabs)) tab[field] = tab[field].filter((name) => !names.includes(name))
  }

  #check(): void {
    if (this.leading && this.isStale) this.changed()
  }

  #all(field: 'topics' | 'fresh'): string[] {
    return [...new Set(Object.values(this.tabs).flatMap((tab) => tab[field]))].sort()
  }
}
