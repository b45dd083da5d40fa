import type { DecoderLookup } from '../../shared/events/define-events.ts'
import { report } from '../../shared/report.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'
import type { Item, Post } from './posts.ts'
import { Tab } from './tab.ts'
import type { Topic, TopicOwner } from './topic.ts'

export const CONNECTING: SubscriptionState = { status: 'connecting', attempt: 1 }

/** The topics of a tab: what they receive, and the states that they show. */
export abstract class TopicTab extends Tab<Topic> implements TopicOwner {
  readonly lookup: DecoderLookup
  share: 'page' | 'tabs'
  /** The latest state of the connection. */
  state: SubscriptionState = CONNECTING
  /** Whether a loop of this tab is full. The tab then takes no messages until the loop has room. */
  #full = false

  constructor(lookup: DecoderLookup, share: 'page' | 'tabs') {
    super()
    this.lookup = lookup
    this.share = share
  }

  /** Whether this tab holds the connection. */
  abstract readonly isLeading: boolean

  protected deliver(topic: Topic, item: Item): void {
    topic.deliver(item)
  }

  protected missed(topic: Topic, gap: Item): void {
    topic.missed(gap)
  }

  protected opened(topic: Topic): void {
    topic.show(this.state)
  }

  override receive(post: Post): void {
    if (this.#full && post.type !== 'lead') return
    super.receive(post)
    this.#pauseWhenFull()
  }

  /** Pauses a follower whose loop is full, because it must not slow the leader. It catches up from its cursor. */
  #pauseWhenFull(): void {
    const room = this.isLeading ? undefined : this.ready()
    if (!room) return
    this.#full = true
    this.following = false
    room.then(() => {
      this.#full = false
      this.want()
    })
  }

  ready(): Promise<void> | undefined {
    for (const { dispatcher } of this.uses) {
      const room = dispatcher.ready()
      if (room) return room
    }
    return undefined
  }

  /** Shows a state of the connection, or the end of some topics only. */
  show(state: SubscriptionState, topics?: readonly string[]): void {
    if (!topics) this.state = state.status === 'closed' ? CONNECTING : state
    if (state.status === 'closed') this.#close(state, topics)
    else for (const topic of [...this.uses]) topic.show(state)
  }

  /** Closes all topics, or those with some names. An error without a listener is reported as uncaught, once. */
  #close(closed: CloseInfo, names?: readonly string[]): void {
    const topics = this.uses.filter((topic) => !names || topic.names.some((name) => names.includes(name)))
    const isReported = topics.map((topic) => topic.close(closed)).includes(true)
    if (closed.error && topics.length > 0 && !isReported) report(closed.error)
  }
}
