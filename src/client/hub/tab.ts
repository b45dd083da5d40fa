import { parseCursor } from '../../shared/wire/cursor.ts'
import { CURSOR_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import { matches } from './matches.ts'
import type { Announcement, Item, Post } from './posts.ts'
import { isSame, type Rules, rules } from './rules.ts'

/** One use of topics in this tab. */
export interface TopicUse {
  readonly names: readonly string[]
  /** Whether no later event is missing. */
  joined: boolean
}

/** The number of ids to recognise, for servers whose ids have no order. */
const MOST_RECENT = 256

/**
 * The progress of one tab. The tab follows the connection that a leader announces if that delivers all events behind the tab's own
 * cursor, and asks for another one if not.
 */
export abstract class Tab<Use extends TopicUse> {
  /** The unique name of the tab. */
  id = ''
  uses: Use[] = []
  /** Everything up to here has been received, for all topics that are joined. */
  cursor = ''
  recent: string[] = []
  /** The latest known connection of a leader. */
  term = 0
  leader = ''
  n = 0
  /** The topics of the connection that the leader announced last. */
  topics: readonly string[] = []
  following = false
  /** The number of the next batch. */
  seq = 0
  /** Whether topics count as joined at the initial cursor of this tab. */
  pinned = false
  /** Whether requests name the new topics, so that joining a topic needs a request. */
  announces = false
  protected readonly rules: Rules = rules

  /** Posts to all tabs, this one included. */
  abstract post(post: Post): void
  protected abstract deliver(use: Use, item: Item): void
  /** Called when events before the next one are missing. */
  protected abstract missed(use: Use, gap: Item): void
  /** Called when the connection carries the topics. */
  protected abstract opened(use: Use): void

  /** Posts the topics of this tab. The leader replies with its connection. */
  want(ask = false): void {
    const { id: tab, term, leader, uses, cursor } = this
    const fresh = this.announces ? namesOf(this.#fresh) : []
    this.post({ type: 'want', tab, term, leader, topics: namesOf(uses), fresh, cursor, ask })
  }

  add(use: Use): void {
    this.uses.push(use)
    this.want()
  }

  remove(use: Use): void {
    if (!this.uses.includes(use)) return
    this.uses = this.uses.filter((other) => other !== use)
    if (this.uses.length === 0) this.cursor = ''
    this.want()
  }

  receive(post: Post): void {
    if (post.type === 'want') return
    if (this.rules.isBefore(post, this)) {
      // Notifies a leader that does not know of a later one.
      if (post.type === 'lead') this.want()
      return
    }
    const same = isSame(post, this)
    this.following &&= same
    this.term = post.term
    this.leader = post.leader
    this.n = post.n
    if (post.type === 'lead') this.want()
    else if (post.type === 'conn') this.#announced(post)
    else if (this.following && this.rules.isNext(post.seq, this.seq)) {
      this.seq++
      for (const item of post.items) this.#take(item)
    } else if (this.following || !same) {
      this.following = false
      this.want()
    }
  }

  #announced({ topics, added, start, cursor, seq, early, gap }: Announcement): void {
    if (this.following && this.rules.isNext(seq, this.seq)) {
      this.#open(added)
      return
    }
    const joined = this.uses.filter((use) => use.joined || this.pinned)
    this.topics = topics
    this.seq = seq
    const own = gap !== undefined && start === this.cursor
    const verdict = !this.rules.covers(topics, namesOf(joined))
      ? 'ask'
      : this.cursor === ''
        ? 'follow'
        : this.rules.judge(cursor, own, this)
    this.following = verdict !== 'ask'
    if (!this.following) {
      this.want(true)
      return
    }
    const isGap = verdict === 'gap'
    const receivers = isGap ? this.uses : this.#fresh
    if (isGap) for (const use of joined) this.missed(use, gap ?? [GAP_EVENT, '{"reason":"epoch"}', cursor])
    if (isGap || this.cursor === '') {
      this.cursor = cursor
      this.recent = []
    }
    this.pinned = false
    for (const item of early) this.#deliver(item, receivers)
    // A listener may have closed the hub.
    if (this.following && this.#open(added)) this.want()
  }

  /**
   * Opens the topics that the connection carries, with `added` those whose snapshots the tab has received.
   *
   * @returns whether the connection does not carry some topic yet.
   */
  #open(added: readonly string[]): boolean {
    for (const use of this.uses) {
      use.joined ||= use.names.every((name) => this.topics.includes(name) && (!this.announces || added.includes(name)))
      if (use.joined) this.opened(use)
    }
    return this.#fresh.length > 0
  }

  #take(item: Item): void {
    const [type, , id] = item
    if (id !== '' && this.rules.isReceived(id, this)) return
    const joined = this.uses.filter((use) => use.joined)
    if (type === GAP_EVENT) for (const use of joined) this.missed(use, item)
    else if (type !== CURSOR_EVENT) this.#deliver(item, joined)
    if (id === '') return
    this.cursor = id
    if (!parseCursor(id) && this.recent.push(id) > MOST_RECENT) this.recent.shift()
  }

  #deliver(item: Item, uses: readonly Use[]): void {
    const topics = item[3]
    // An event without topics is for `**` if the connection has it. Otherwise the server's handler sent it, to all topics.
    const all = topics === undefined && !this.topics.includes('**')
    for (const use of uses) if (all || use.names.some((name) => matches(name, topics))) this.deliver(use, item)
  }

  get #fresh(): readonly Use[] {
    return this.uses.filter(({ joined }) => !joined)
  }
}

function namesOf(uses: readonly TopicUse[]): string[] {
  return [...new Set(uses.flatMap(({ names }) => names))]
}
