import { parseCursor } from '../../shared/wire/cursor.ts'
import type { Gap } from '../../shared/wire/gap.ts'
import type { Message } from '../../shared/wire/parse.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'
import { matches } from './matches.ts'
import type { Item, LeaderPost, Post } from './posts.ts'
import { Rules } from './rules.ts'

/** One use of topics in this tab. */
export interface TopicUse {
  readonly names: readonly string[]
  /** Whether no later event is missing. */
  joined: boolean
  deliver(message: Message): void
  /** Called when events before the next one are missing. */
  missed(gap: Gap): void
  /** Called when the connection carries the topics. */
  opened(): void
  /** Resolves when a full loop has room again; `undefined` when all have room now. */
  ready(): Promise<void> | undefined
}

/** The number of ids to recognise, for servers whose ids have no order. */
const MOST_RECENT = 256

/**
 * The progress of one tab. The tab follows the connection that a leader announces if that delivers all events behind the tab's own
 * cursor, and asks for another one if not.
 */
export abstract class Tab<Use extends TopicUse> extends Rules {
  /** The unique number of the tab, from 0 to 1. */
  id = 0
  uses: Use[] = []
  /** The stamp of the latest known connection of a leader. */
  stamp = 0
  /** The topics of the connection that the leader announced last. */
  topics: readonly string[] = []
  following = false
  /** The number of the next batch. */
  seq = 0
  /** Whether topics count as joined at the initial cursor of this tab. */
  pinned = false
  /** Whether a loop of this tab is full. The tab then takes no items until the loop has room. */
  full = false
  /** Whether requests name the new topics, so that joining a topic needs a request. */
  announces = false

  /** Posts to all tabs, this one included. */
  abstract post(post: Post): void
  /** Shows a state of the connection, or the end of some topics only. */
  protected abstract show(state: SubscriptionState, topics?: readonly string[]): void

  /** Posts the topics of this tab. The leader replies with its connection. */
  want(ask = false): void {
    const { id: tab, stamp, uses, cursor } = this
    const fresh = this.announces ? namesOf(this.#fresh) : []
    this.post({ tab, stamp, topics: namesOf(uses), fresh, cursor, ask })
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

  /** Handles a post of a leader. */
  receive(post: LeaderPost): void {
    const { stamp, items, seq, state } = post
    const { stamp: known } = this
    if (this.isBefore(stamp, known)) {
      // Notifies a leader that does not know of a later one.
      if (!items) this.want()
      return
    }
    this.following &&= stamp === known
    this.stamp = stamp
    // Introduces this tab to a new leader.
    if (Math.floor(stamp) > known) this.want()
    if (!items) {
      if (post.cursor !== undefined && !this.full) this.#announced(post as Required<LeaderPost>)
      if (state) this.show(state, post.refused)
    } else if (this.following && this.isNext(seq!, this.seq)) {
      this.seq++
      for (const item of items) this.#take(item)
    } else if (this.following || stamp !== known) {
      this.following = false
      this.want()
    }
  }

  #announced({ topics, added, start, cursor, seq, early }: Required<LeaderPost>): void {
    if (this.following && this.isNext(seq, this.seq)) {
      this.#open(added)
      return
    }
    const joined = this.uses.filter((use) => use.joined || this.pinned)
    this.topics = topics
    this.seq = seq
    const gap = early.find(({ gap }) => gap)?.gap
    const verdict = !this.covers(topics, namesOf(joined))
      ? 'ask'
      : this.cursor === ''
        ? 'follow'
        : this.judge(cursor, gap !== undefined && start === this.cursor)
    this.following = verdict !== 'ask'
    if (!this.following) {
      this.want(true)
      return
    }
    const isGap = verdict === 'gap'
    const receivers = isGap ? this.uses : this.#fresh
    if (isGap) for (const use of joined) use.missed(gap ?? { reason: 'epoch', id: cursor })
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
      if (use.joined) use.opened()
    }
    return this.#fresh.length > 0
  }

  #take(item: Item): void {
    const { id, gap } = item
    if (id !== '' && this.isReceived(id)) return
    const joined = this.uses.filter((use) => use.joined)
    if (gap) for (const use of joined) use.missed(gap)
    else this.#deliver(item, joined)
    if (id === '') return
    this.cursor = id
    if (!parseCursor(id) && this.recent.push(id) > MOST_RECENT) this.recent.shift()
  }

  #deliver(item: Item, uses: readonly Use[]): void {
    const { type, topics } = item
    if (type === undefined) return
    // An event without topics is for `**` if the connection has it. Otherwise the server's handler sent it, to all topics.
    const all = topics === undefined && !this.topics.includes('**')
    for (const use of uses) if (all || use.names.some((name) => matches(name, topics))) use.deliver(item as Message)
  }

  get #fresh(): readonly Use[] {
    return this.uses.filter(({ joined }) => !joined)
  }
}

function namesOf(uses: readonly TopicUse[]): string[] {
  return [...new Set(uses.flatMap(({ names }) => names))]
}
