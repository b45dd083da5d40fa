import type { EventwireError } from '../../shared/errors.ts'
import type { SubscribeOptions } from '../options.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import { Leader } from './leader.ts'
import type { HubPost, Post } from './posts.ts'
import { refusedTopics } from './refused-topics.ts'
import { rules } from './rules.ts'
import { Upstream } from './upstream.ts'
import { type PostedError, type PostedState, postedError, postedState } from './wire-state.ts'

/** Milliseconds that a new leader waits for the other tabs to post their topics. */
const ROLL_CALL = 100

/** Returns the URL for topics, of which `added` are new to a tab. */
export type UrlOf = (topics: readonly string[], added: readonly string[]) => string | URL

/** The callbacks and state that a leading tab needs. */
export interface LeadingOwner {
  /** Posts to all tabs, this one included. */
  post(post: HubPost): void
  /** Posts to the other tabs. */
  broadcast(post: HubPost): void
  show(state: SubscriptionState): void
  failed(error: EventwireError): void
  /** Resolves when this tab can take more messages; `undefined` when it can now. */
  ready(): Promise<void> | undefined
  /** Resolves once this tab knows of all earlier changes of the lock. */
  settled(): Promise<void> | undefined
  /** Topics that the server has accepted. */
  readonly accepted: readonly string[]
  /** Whether there are, or were, other tabs. */
  readonly hasOthers: boolean
}

/** The leader part of this tab. It holds the connection, changes it when the topics change, and broadcasts its state. */
export class Leading {
  readonly leader: Leader
  readonly #owner: LeadingOwner
  readonly #settle: number
  readonly #upstream: Upstream
  #change: ReturnType<typeof setTimeout> | undefined
  /** The topics of the next attempt. */
  #carry: { readonly topics: readonly string[]; readonly added: readonly string[] } = { topics: [], added: [] }
  /** The state of the connection, for tabs that open later. */
  #state: SubscriptionState | undefined

  constructor(
    url: UrlOf,
    settle: number,
    options: SubscribeOptions<any> & { readonly transport: Transport },
    owner: LeadingOwner,
  ) {
    this.#settle = settle
    this.#owner = owner
    this.leader = new Leader(rules, {
      post: (post) => owner.post(post),
      changed: () => this.#schedule(),
      doubted: () => this.#verify(),
    })
    this.#upstream = new Upstream(options, options.transport, {
      url: () => {
        this.#carry = this.leader.attempt()
        return url(this.#carry.topics, this.#carry.added)
      },
      connecting: (start) => this.leader.connecting({ ...this.#carry, start }),
      received: (items) => this.leader.received(items),
      ready: () => owner.ready(),
      changed: (state) => this.#changed(state),
      failed: (error) => {
        this.#broadcast({ type: 'error', error: postedError(error) })
        owner.failed(error)
      },
    })
  }

  get isLeading(): boolean {
    return this.leader.term > 0
  }

  stop(): void {
    clearTimeout(this.#change)
    this.#change = undefined
    this.leader.stop()
    this.#upstream.close()
  }

  /** Handles the topics of a tab. A tab that is new to this leader is sent the present state. @returns whether it is new. */
  wanted(post: Extract<Post, { type: 'want' }>): boolean {
    const known = post.tab in this.leader.tabs
    this.leader.receive(post)
    if (!this.isLeading || known) return false
    if (this.#state && this.#upstream.isOpen) this.#broadcast({ type: 'state', state: postedState(this.#state) })
    return true
  }

  #broadcast(post: { type: 'state'; state: PostedState } | { type: 'error'; error: PostedError }): void {
    const { term, id } = this.leader
    if (term > 0) this.#owner.broadcast({ ...post, term, leader: id })
  }

  #schedule(): void {
    if (this.#change !== undefined) return
    const soon = this.#owner.hasOthers ? Math.min(this.#settle, ROLL_CALL) : 0
    const delay = this.#upstream.isOpen ? this.#settle : soon
    this.#change = setTimeout(() => {
      this.#change = undefined
      const next = this.isLeading && this.leader.next()
      if (!next) return
      if (next.topics.length > 0) this.#upstream.connect(next.start)
      else {
        this.#upstream.close()
        this.leader.disconnected()
      }
    }, delay)
  }

  /** Called when a tab follows another leader. If this tab still holds the lock, it begins a later term. */
  async #verify(): Promise<void> {
    const { term } = this.leader
    await this.#owner.settled()
    if (this.leader.term !== term || term === 0) return
    this.leader.lead(term)
    this.#schedule()
  }

  #changed(state: SubscriptionState): void {
    this.#state = state
    if (state.status === 'closed' && this.#refusedSome(state)) return
    // A frozen page pauses its own connection, which is not a state of the other tabs.
    if (state.status !== 'paused') this.#broadcast({ type: 'state', state: postedState(state) })
    this.#owner.show(state)
  }

  /** Whether the server has refused only some topics. The connection continues without them. */
  #refusedSome({ error }: CloseInfo): boolean {
    const { topics = [] } = this.leader.connection ?? {}
    this.leader.disconnected()
    const refused = error ? refusedTopics(error, topics, this.#owner.accepted) : []
    if (refused.length === 0) return false
    this.leader.drop(refused)
    this.#owner.post({ type: 'refused', topics: refused, error: postedError(error!) })
    this.#schedule()
    return true
  }
}
