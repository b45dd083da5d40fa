import { parseCursor } from '../../shared/wire/cursor.ts'
import { CURSOR_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import { matches } from './matches.ts'
import type { Connection, Item, Post } from './posts.ts'
import { isSame, type Rules, type Verdict } from './rules.ts'

/** One use of a topic in this tab. */
export interface TopicUse {
  readonly name: string
  /** Whether no later event is missing. */
  joined: boolean
}

/** The callbacks of a tab. */
export interface TabOwner<Use extends TopicUse> {
  post(post: Post): void
  deliver(use: Use, item: Item): void
  /** Called when events before the next one are missing. */
  missed(use: Use, gap: Item): void
  /** Called when the connection carries the topic. */
  opened(use: Use): void
}

/** The number of ids to recognise, for servers whose ids have no order. */
const MOST_RECENT = 256

/**
 * The progress of one tab. The tab follows the connection that a leader announces if that delivers all events behind the tab's own
 * cursor, and asks for another one if not.
 */
export class Tab<Use extends TopicUse> {
  /** The unique name of the tab. */
  id = ''
  uses: Use[] = []
  /** Everything up to here has been received, for all topics that are joined. */
  cursor: string
  recent: string[] = []
  /** The known leader and its term. */
  term = 0
  leader = ''
  connection: Connection | undefined
  /** `beginning`: before the first cursor of the connection. `lost`: the tab cannot follow the connection. */
  status: 'beginning' | 'following' | 'lost' = 'lost'
  /** The number of the next batch. */
  seq = 0
  /** Items before the first cursor, on which the verdict depends. */
  held: Item[] = []
  /** The id of the last item. A following item with the same id has no id of its own. */
  lastId = ''
  /** Whether topics count as joined at the initial cursor of this tab. */
  pinned: boolean
  /** Whether the connection has delivered an event. */
  #delivered = false
  readonly #rules: Rules
  readonly #owner: TabOwner<Use>
  /** Whether requests name the new topics, so that joining a topic needs a request. */
  readonly #announces: boolean

  constructor(rules: Rules, owner: TabOwner<Use>, announces: boolean, cursor: string) {
    this.cursor = cursor
    this.pinned = cursor !== ''
    this.#rules = rules
    this.#owner = owner
    this.#announces = announces
  }

  /** Posts the topics of this tab. */
  want(ask = false): void {
    const { id: tab, term, leader, uses, cursor } = this
    const fresh = namesOf(uses.filter(({ joined }) => !joined && this.#announces))
    this.#owner.post({ type: 'want', tab, term, leader, topics: namesOf(uses), fresh, cursor, ask })
  }

  /** Adds the use of a topic. A topic that the connection carries already needs no request. */
  add(use: Use): void {
    this.uses.push(use)
    if (this.status === 'following') this.#open(false)
    this.want()
  }

  remove(use: Use): void {
    this.uses = this.uses.filter((other) => other !== use)
    if (this.uses.length === 0) this.cursor = ''
    this.want()
  }

  /** Forgets the connection after a freeze of the tab. The leader has to announce it again. */
  forget(): void {
    this.connection = undefined
    this.status = 'lost'
    this.held = []
  }

  receive(post: Post): void {
    if (post.type === 'want') return
    const known = { term: this.term, leader: this.leader, n: this.connection?.n ?? 0 }
    if (this.#rules.isBefore({ n: known.n, ...post }, known)) {
      // Notifies a leader that does not know of a later one.
      if (post.type === 'lead') this.want()
      return
    }
    const later = this.term !== post.term || this.leader !== post.leader
    this.term = post.term
    this.leader = post.leader
    if (later) this.forget()
    if (post.type === 'lead') this.want()
    else if (post.type === 'conn') this.#announced(post)
    else if (!isSame(post, this.connection)) this.want()
    else this.#receiveItems(post.seq, post.items)
  }

  #announced({ type: _, seq, cursor, ...connection }: Extract<Post, { type: 'conn' }>): void {
    const same = isSame(connection, this.connection)
    if (same && this.status !== 'lost' && this.#rules.isNext(seq, this.seq)) {
      if (this.status === 'following') this.#open(false)
      return
    }
    this.connection = connection
    this.seq = seq
    this.held = []
    this.lastId = connection.start
    this.status = seq === 0 ? 'beginning' : 'lost'
    this.#delivered = false
    if (seq === 0 || cursor === '') return
    this.lastId = cursor
    if (this.#consider(cursor, false) !== 'ask' && this.#open(false)) this.want()
  }

  #receiveItems(seq: number, items: readonly Item[]): void {
    if (this.status === 'lost') return
    if (!this.#rules.isNext(seq, this.seq)) {
      this.status = 'lost'
      this.want()
      return
    }
    this.seq = seq + 1
    for (const item of items) {
      if (this.status === 'following') this.#take(item)
      else if (this.status === 'beginning') this.#begin(item)
    }
    // A server without ids has sent an event: no cursor will arrive.
    if (this.status !== 'beginning' || !this.#isFresh || !this.#delivered || this.#announces) return
    this.status = 'following'
    this.#open(true)
  }

  /** Handles an item before the first cursor: a gap or a snapshot. A gap without a snapshot carries the first cursor itself. */
  #begin(item: Item): void {
    const [type, , id] = item
    if (type !== CURSOR_EVENT && !this.#hasId(id)) {
      if (type === GAP_EVENT || !this.#isFresh) this.held.push(item)
      else this.#deliver(item, this.uses)
      return
    }
    const gap = [...this.held, item].find(([type]) => type === GAP_EVENT)
    const { start } = this.connection!
    const fresh = this.uses.filter(({ joined }) => !joined)
    const { held } = this
    // The connection begins with this event when no cursor precedes it.
    const received = this.#rules.isReceived(id, this)
    this.held = []
    const verdict = this.#consider(gap || start === '' ? id : start, gap !== undefined && start === this.cursor, gap)
    if (verdict === 'ask') return
    for (const early of held) {
      if (early !== gap) this.#deliver(early, verdict === 'gap' ? this.uses : fresh)
    }
    // A listener may have closed the hub.
    if (this.status !== 'following') return
    if (this.#open(true)) this.want()
    if (type === GAP_EVENT) this.lastId = id
    else this.#take(item, received)
  }

  /**
   * Decides on a connection that delivers all events behind `from`. `own`: the request carried the tab's own cursor, so another
   * request would have the same result.
   */
  #consider(from: string, own: boolean, gap: Item = [GAP_EVENT, '{"reason":"epoch"}', from]): Verdict {
    const joined = this.uses.filter(({ joined }) => joined || this.pinned)
    const covers = this.#rules.covers(this.connection!.topics, namesOf(joined))
    const verdict = !covers ? 'ask' : this.cursor === '' ? 'follow' : this.#rules.judge(from, own, this)
    if (verdict === 'ask') {
      this.status = 'lost'
      this.want(true)
      return verdict
    }
    this.status = 'following'
    this.pinned = false
    if (verdict === 'gap') for (const use of joined) this.#owner.missed(use, gap)
    if (verdict === 'gap' || this.cursor === '') {
      this.cursor = from
      this.recent = []
    }
    return verdict
  }

  /**
   * Opens the topics that the connection carries. `whole`: the tab has followed the connection from its beginning, so with its
   * snapshots.
   *
   * @returns whether the connection does not carry some topic yet.
   */
  #open(whole: boolean): boolean {
    const { topics, added } = this.connection!
    for (const use of this.uses) {
      use.joined ||= topics.includes(use.name) && (!this.#announces || (whole && added.includes(use.name)))
      if (use.joined) this.#owner.opened(use)
    }
    return this.uses.some(({ joined }) => !joined)
  }

  #take(item: Item, received: boolean = this.#rules.isReceived(item[2], this)): void {
    const [type, , id] = item
    const own = this.#hasId(id)
    if (type === GAP_EVENT) {
      if (!own || !received) for (const use of this.uses) if (use.joined) this.#owner.missed(use, item)
    } else if (type !== CURSOR_EVENT && (!own || !received)) {
      this.#deliver(
        item,
        this.uses.filter(({ joined }) => joined),
      )
    }
    if (!own) return
    this.lastId = id
    if (!received) this.cursor = id
    if (!parseCursor(id) && this.recent.push(id) > MOST_RECENT) this.recent.shift()
  }

  /** Whether no topic was joined yet, so that the tab needs no verdict. */
  get #isFresh(): boolean {
    return this.cursor === '' && this.connection?.start === ''
  }

  #deliver(item: Item, uses: readonly Use[]): void {
    this.#delivered = true
    const topics = item[3]
    // An event without topics is for `**` if the connection has it. Otherwise the server's handler sent it, to all topics.
    const all = topics === undefined && !this.connection?.topics.includes('**')
    for (const use of uses) if (all || matches(use.name, topics)) this.#owner.deliver(use, item)
  }

  #hasId(id: string): boolean {
    return id !== '' && id !== this.lastId
  }
}

function namesOf(uses: readonly TopicUse[]): string[] {
  return [...new Set(uses.map(({ name }) => name))]
}
