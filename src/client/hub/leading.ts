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

/** Milliseconds that a new leader waits for the other tabs to say what they need. */
const ROLL_CALL = 100

/** The URL for some topics, and for those of them that are new to a tab. */
export type UrlOf = (topics: readonly string[], added: readonly string[]) => string | URL

/** The world of a tab that leads. */
export interface LeadingOwner {
  /** Posts to all tabs, this one included. */
  post(post: HubPost): void
  /** Posts to the other tabs. */
  tell(post: HubPost): void
  show(state: SubscriptionState): void
  failed(error: EventwireError): void
  /** Resolves when this tab can take more; `undefined` when it can now. */
  ready(): Promise<void> | undefined
  /** Resolves once all that happened to the lock before is known. */
  settled(): Promise<void> | undefined
  /** Topics that the server has accepted. */
  readonly accepted: readonly string[]
  /** Whether there are, or were, other tabs. */
  readonly hasOthers: boolean
}

/** This tab as the leader: it has the connection, changes it when the topics change, and tells the others how it stands. */
export class Leading {
  readonly leader: Leader
  readonly #owner: LeadingOwner
  readonly #settle: number
  readonly #upstream: Upstream
  #change: ReturnType<typeof setTimeout> | undefined
  /** What the next attempt carries. */
  #carry: { readonly topics: readonly string[]; readonly added: readonly string[] } = { topics: [], added: [] }
  /** The state of the connection, for tabs that come later. */
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
        this.#tell({ type: 'error', error: postedError(error) })
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

  /** @returns whether the tab is new to this leader. It then learns of the present state. */
  wanted(post: Extract<Post, { type: 'want' }>): boolean {
    const known = post.tab in this.leader.tabs
    this.leader.receive(post)
    if (!this.isLeading || known) return false
    if (this.#state && this.#upstream.isOpen) this.#tell({ type: 'state', state: postedState(this.#state) })
    return true
  }

  #tell(post: { type: 'state'; state: PostedState } | { type: 'error'; error: PostedError }): void {
    const { term, id } = this.leader
    if (term > 0) this.#owner.tell({ ...post, term, leader: id })
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

  /** A tab follows another leader. If the lock is still held here, this tab leads anew, later than that one. */
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
    // A page that is frozen says nothing about the others.
    if (state.status !== 'paused') this.#tell({ type: 'state', state: postedState(state) })
    this.#owner.show(state)
  }

  /** Whether the server has refused some topics only: the connection goes on without them. */
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
