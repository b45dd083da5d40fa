import { CURSOR_EVENT } from '../../shared/wire/names.ts'
import type { Connection, Item, Post } from './posts.ts'
import type { Rules } from './rules.ts'

/** The topics and the start of the next connection. */
export interface NextConnection {
  readonly topics: readonly string[]
  readonly added: readonly string[]
  readonly start: string
}

/** The callbacks of a leader. */
export interface LeaderOwner {
  post(post: Post): void
  /** Called when the connection has to change. */
  changed(): void
  /** Called when a tab follows another leader. If this tab still holds the lock, it begins a new term. */
  doubted(): void
}

/** The tab that holds the lock. It knows the topics of all tabs, and the connection that serves them. */
export class Leader {
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
  count = 0
  seq = 0
  /** The cursor of the connection, `''` before the first one. */
  position = ''
  readonly #rules: Rules
  readonly #owner: LeaderOwner

  constructor(rules: Rules, owner: LeaderOwner) {
    this.#rules = rules
    this.#owner = owner
  }

  /** Begins a term that is later than that of every leader known to this tab or another one. */
  lead(known: number): void {
    this.stop()
    this.tabs = {}
    this.seen = Math.max(this.seen, known) + 1
    this.term = this.seen
    this.#owner.post({ type: 'lead', leader: this.id, term: this.term })
  }

  stop(): void {
    this.term = 0
    this.count = 0
    this.asks = []
    this.asked = false
    this.disconnected()
  }

  receive(post: Post): void {
    if (this.term === 0 || post.type !== 'want') return
    const { tab, topics, fresh, cursor, ask } = post
    this.tabs[tab] = { topics, fresh }
    if (ask || !this.connection) this.asks.push(cursor)
    this.asked ||= ask
    if (this.#rules.isOutdated({ term: this.term, leader: this.id }, post)) {
      this.seen = Math.max(this.seen, post.term)
      this.#owner.doubted()
    } else if (!ask && this.position !== '') this.#announce()
    if (this.next()) this.#owner.changed()
  }

  /** Removes a closed tab. */
  gone(tab: string): void {
    delete this.tabs[tab]
    if (this.next()) this.#owner.changed()
  }

  /** Removes topics that the server refused, and notifies their tabs. */
  drop(names: readonly string[]): void {
    for (const tab of Object.values(this.tabs)) tab.topics = tab.topics.filter((name) => !names.includes(name))
  }

  /** The connection to make, if the present one does not serve all tabs; `undefined` if it does, or without topics. */
  next(): NextConnection | undefined {
    const wants = Object.values(this.tabs)
    const topics = [...new Set(wants.flatMap(({ topics }) => topics))].sort()
    const added = [...new Set(wants.flatMap(({ fresh }) => fresh))].sort()
    const { connection, asked } = this
    const announced = this.position === '' ? (connection?.added ?? []) : []
    const same = `${topics}` === `${connection?.topics ?? []}` && added.every((name) => announced.includes(name))
    if (same && !asked) return undefined
    return { topics, added, start: this.#rules.earliest([...this.asks, this.position || connection?.start || '']) }
  }

  /** The topics of the next attempt, after a change or after a failed attempt. */
  attempt(): Pick<NextConnection, 'topics' | 'added'> {
    const { topics, added } = this.next() ?? this.connection ?? { topics: [], added: [] }
    return { topics, added: this.position === '' || this.next() ? added : [] }
  }

  /** Announces a request to the server. */
  connecting({ topics, added, start }: NextConnection): void {
    this.connection = { term: this.term, leader: this.id, n: ++this.count, topics, added, start }
    this.seq = 0
    this.position = ''
    this.asks = []
    this.asked = false
    this.#announce()
  }

  disconnected(): void {
    this.connection = undefined
    this.position = ''
  }

  /** Passes received messages on to all tabs. */
  received(items: readonly Item[]): void {
    if (!this.connection) return
    const { term, leader, n, start, added } = this.connection
    const begun = this.position !== ''
    for (const [type, , id] of items) {
      if (id !== '' && (type === CURSOR_EVENT || id !== start || this.position !== '')) this.position = id
    }
    this.#owner.post({ type: 'items', term, leader, n, seq: this.seq++, items })
    if (begun || this.position === '') return
    for (const tab of Object.values(this.tabs)) tab.fresh = tab.fresh.filter((name) => !added.includes(name))
    // Tabs that missed the beginning of the connection can only now decide whether they can follow it.
    this.#announce()
  }

  #announce(): void {
    this.#owner.post({ type: 'conn', ...this.connection!, seq: this.seq, cursor: this.position })
  }
}
