import { CURSOR_EVENT } from '../../shared/wire/names.ts'
import type { Connection, Item, Post } from './posts.ts'
import type { Rules } from './rules.ts'

/** What the next connection has to carry. */
export interface NextConnection {
  readonly topics: readonly string[]
  readonly added: readonly string[]
  readonly start: string
}

/** The world of a leader. */
export interface LeaderOwner {
  post(post: Post): void
  /** The connection has to change. */
  changed(): void
  /** A tab follows another leader: if this tab still holds the lock, it leads anew. */
  doubted(): void
}

/** The tab that holds the lock: it knows what all tabs need, and which connection serves them. */
export class Leader {
  /** 0 while this tab does not lead. */
  term = 0
  /** The latest term that it knows of. */
  seen = 0
  /** The name of the tab. */
  id = ''
  /** What each tab needs. */
  tabs: Record<string, { topics: readonly string[]; fresh: readonly string[] }> = {}
  /** The cursors of tabs that the present connection does not serve. */
  asks: string[] = []
  /** Whether a tab that the connection does not serve has asked for another. */
  asked = false
  connection: Connection | undefined
  /** How many connections this term had. */
  count = 0
  seq = 0
  /** How far the connection has come, `''` before its first cursor. */
  position = ''
  readonly #rules: Rules
  readonly #owner: LeaderOwner

  constructor(rules: Rules, owner: LeaderOwner) {
    this.#rules = rules
    this.#owner = owner
  }

  /** Begins to lead, later than every leader that this tab or another one knows. */
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

  /** Removes a tab that has gone. */
  gone(tab: string): void {
    delete this.tabs[tab]
    if (this.next()) this.#owner.changed()
  }

  /** Removes topics that no tab may read; their tabs learn of it, too. */
  drop(names: readonly string[]): void {
    for (const tab of Object.values(this.tabs)) tab.topics = tab.topics.filter((name) => !names.includes(name))
  }

  /** What the connection should carry, where that is not what it does; without topics there is none. */
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

  /** What an attempt carries, whether something has changed or the one before has failed. */
  attempt(): Pick<NextConnection, 'topics' | 'added'> {
    const { topics, added } = this.next() ?? this.connection ?? { topics: [], added: [] }
    return { topics, added: this.position === '' || this.next() ? added : [] }
  }

  /** A request goes out. */
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

  /** Passes on what has arrived. */
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
    // Tabs that did not see its beginning can tell only now whether they can follow it.
    this.#announce()
  }

  #announce(): void {
    this.#owner.post({ type: 'conn', ...this.connection!, seq: this.seq, cursor: this.position })
  }
}
