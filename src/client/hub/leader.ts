import { CURSOR_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import type { Announcement, Connection, ConnectionName, Item, Post } from './posts.ts'
import { type Rules, rules } from './rules.ts'

/** The tab that holds the lock. It knows the topics of all tabs, and the connection that serves them. */
export abstract class Leader {
  /** The term of this leader, 0 while this tab does not lead. */
  term = 0
  /** The latest known term of any leader. */
  seen = 0
  /** The name of the tab. */
  id = ''
  /** The topics of each tab. */
  tabs: Record<string, { topics: readonly string[]; fresh: readonly string[] }> = {}
  /** The cursors of tabs that the present connection does not serve. */
  asks: string[] = []
  /** Whether a tab that the connection does not serve has asked for another. */
  asked = false
  connection: Connection | undefined
  /** The number of connections of this term. */
  n = 0
  /** Whether the first cursor of the connection has arrived. */
  begun = false
  /** Messages before the first cursor. */
  early: Item[] = []
  /** The number of the next batch. */
  seq = 0
  /** The cursor of the connection, `''` before the first one. */
  position = ''
  protected readonly rules: Rules = rules

  /** Posts to all tabs, this one included. */
  abstract post(post: Post): void
  /** Called when the connection has to change. */
  protected abstract changed(): void
  /** Called when a tab follows another leader. If this tab still holds the lock, it begins a new term. */
  protected abstract doubted(): void

  /** Begins a term that is later than that of every leader known to this tab or another one. */
  lead(known: number): void {
    this.stop()
    this.term = this.seen = Math.max(this.seen, known) + 1
    this.post({ type: 'lead', ...this.#name })
  }

  stop(): void {
    this.term = this.n = 0
    this.tabs = {}
    this.asks = []
    this.asked = false
    this.disconnected()
  }

  disconnected(): void {
    this.connection = undefined
    this.begun = false
    this.position = ''
  }

  receive(post: Post): void {
    if (this.term === 0 || post.type !== 'want') return
    const { tab, topics, fresh, cursor, ask } = post
    this.tabs[tab] = { topics, fresh }
    if (ask || !this.connection) this.asks.push(cursor)
    this.asked ||= ask
    if (this.rules.isOutdated({ term: this.term, leader: this.id }, post)) {
      this.seen = Math.max(this.seen, post.term)
      this.doubted()
    } else if (!ask && this.begun) this.#announce({ added: [], early: [] })
    this.#check()
  }

  /** Removes a closed tab. */
  gone(tab: string): void {
    delete this.tabs[tab]
    if (this.term > 0) this.#check()
  }

  /** Removes topics that the server refused. */
  drop(names: readonly string[]): void {
    for (const tab of Object.values(this.tabs)) tab.topics = tab.topics.filter((name) => !names.includes(name))
    this.#check()
  }

  /** The topics of all tabs. */
  get topics(): readonly string[] {
    return this.#all('topics')
  }

  /** Whether the present connection does not serve all tabs. */
  get isStale(): boolean {
    const { topics = [], added = [] } = this.connection ?? {}
    const announced = this.begun ? [] : added
    return (
      this.asked || `${topics}` !== `${this.topics}` || this.#all('fresh').some((name) => !announced.includes(name))
    )
  }

  /** Begins a request to the server. */
  connecting(): Connection {
    const start = this.rules.earliest([...this.asks, this.position || this.connection?.start || ''])
    this.disconnected()
    this.n++
    this.seq = 0
    this.early = []
    this.asks = []
    this.asked = false
    this.connection = { topics: this.topics, added: this.#all('fresh'), start }
    return this.connection
  }

  /** Passes received messages on to all tabs. */
  received(items: readonly Item[]): void {
    if (!this.connection) return
    const { start, added } = this.connection
    const batch: Item[] = []
    for (const item of items) {
      const [type, , id] = item
      // A server without ids sends no cursor: its connection begins with the first event.
      const hasBegun = id !== '' || (type !== GAP_EVENT && start === '' && added.length === 0)
      if (this.begun) batch.push(item)
      else if (!hasBegun) this.early.push(item)
      else if (this.#begin(item)) batch.push(item)
      if (id !== '') this.position = id
    }
    if (batch.length > 0) this.post({ type: 'items', ...this.#name, seq: this.seq++, items: batch })
  }

  /** Announces the connection at its first cursor. @returns whether the item is an event, which follows. */
  #begin(item: Item): boolean {
    const { start, added } = this.connection!
    const [type, , id] = item
    const isEvent = type !== CURSOR_EVENT && type !== GAP_EVENT
    const gap = [...this.early, item].find(([type]) => type === GAP_EVENT)
    this.begun = true
    this.position = start !== '' && !gap ? start : isEvent ? '' : id
    for (const tab of Object.values(this.tabs)) tab.fresh = tab.fresh.filter((name) => !added.includes(name))
    this.#announce({ gap, early: this.early.filter((early) => early !== gap) })
    return isEvent
  }

  #announce(part: Pick<Announcement, 'early'> & Partial<Announcement>): void {
    this.post({ type: 'conn', ...this.#name, ...this.connection!, seq: this.seq, cursor: this.position, ...part })
  }

  #check(): void {
    if (this.isStale) this.changed()
  }

  #all(field: 'topics' | 'fresh'): string[] {
    return [...new Set(Object.values(this.tabs).flatMap((tab) => tab[field]))].sort()
  }

  get #name(): ConnectionName {
    return { term: this.term, leader: this.id, n: this.n }
  }
}
