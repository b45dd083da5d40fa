import type { SubscribeOptions } from '../options.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import { Leader } from './leader.ts'
import type { HubPost, Want } from './posts.ts'
import { refusedTopics } from './refused-topics.ts'
import { Upstream, type UpstreamOwner } from './upstream.ts'
import { postedState } from './wire-state.ts'

/** Milliseconds that a new leader waits for the other tabs to post their topics. */
export const ROLL_CALL = 100

/** Returns the URL for topics, of which `added` are new to a tab. */
export type UrlOf = (topics: readonly string[], added: readonly string[]) => string | URL

/** The part of a tab that its leader part uses. */
export interface LeadingTab {
  /** Posts to all tabs, this one included. */
  post(post: HubPost): void
  /** Posts to the other tabs. */
  broadcast(post: HubPost): void
  /** Shows a state of the connection in this tab, or the end of some topics only. */
  show(state: SubscriptionState, topics?: readonly string[]): void
  /** Resolves when this tab can take more messages; `undefined` when it can now. */
  ready(): Promise<void> | undefined
  /** Resolves once this tab knows of all earlier changes of the lock. */
  settled(): Promise<unknown> | undefined
  /** The latest state of the connection. */
  readonly state: SubscriptionState
  /** Topics that the server has accepted. */
  readonly topics: readonly string[]
  /** Whether there are, or were, other tabs. */
  readonly hasOthers: boolean
}

/** The leader part of this tab. It holds the connection, changes it when the topics change, and broadcasts its state. */
export class Leading extends Leader implements UpstreamOwner {
  readonly #url: UrlOf
  readonly #tab: LeadingTab
  readonly #settle: number
  readonly #upstream: Upstream
  #change: ReturnType<typeof setTimeout> | undefined

  constructor(
    url: UrlOf,
    settle: number,
    options: SubscribeOptions<any> & { readonly transport: Transport },
    tab: LeadingTab,
  ) {
    super()
    this.#url = url
    this.#settle = settle
    this.#tab = tab
    this.#upstream = new Upstream(options, this)
  }

  post(post: HubPost): void {
    this.#tab.post(post)
  }

  override stop(): void {
    clearTimeout(this.#change)
    this.#change = undefined
    super.stop()
    this.#upstream?.close()
  }

  /** Handles the topics of a tab. The reply has the state, which also shows that this leader does not hang. */
  override receive(want: Want): void {
    super.receive(want)
    if (this.term > 0) this.#broadcast(this.#tab.state)
  }

  #broadcast(state: SubscriptionState, topics?: readonly string[]): void {
    const { term, id: leader } = this
    this.#tab.broadcast({ type: 'state', term, leader, state: postedState(state), topics })
  }

  protected changed(): void {
    const soon = this.#tab.hasOthers ? Math.min(this.#settle, ROLL_CALL) : 0
    this.#change ??= setTimeout(() => this.#apply(), this.#upstream.isOpen ? this.#settle : soon)
  }

  #apply(): void {
    this.#change = undefined
    if (!this.isStale) return
    if (this.topics.length > 0) this.#upstream.connect()
    else {
      this.#upstream.close()
      this.disconnected()
    }
  }

  /** If this tab still holds the lock, it begins a later term. */
  protected async doubted(): Promise<void> {
    const { term } = this
    await this.#tab.settled()
    if (this.term === term) this.lead(term)
  }

  url(): string | URL {
    const { topics, added } = this.connection!
    return this.#url(topics, added)
  }

  ready(): Promise<void> | undefined {
    return this.#tab.ready()
  }

  stateChanged(state: SubscriptionState): void {
    const refused = refusedTopics(state, this.connection?.topics, this.#tab.topics)
    // A frozen page pauses its own connection, which is not a state of the other tabs.
    if (state.status !== 'paused') this.#broadcast(state, refused)
    this.#tab.show(state, refused)
    if (refused) this.drop(refused)
    else if (state.status === 'closed') this.disconnected()
  }
}
