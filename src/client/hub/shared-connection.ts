import { type DecoderLookup, decoderLookupOf } from '../../shared/events/define-events.ts'
import { resolveUrl } from '../subscription/connection.ts'
import { readGap } from '../subscription/read-gap.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import { hasEnded, markEnd } from './end-mark.ts'
import { Leader } from './leader.ts'
import { LeaderWatch } from './leader-watch.ts'
import { canShareTabs, Link } from './link.ts'
import { watchPageLife } from './page-life.ts'
import type { Post } from './posts.ts'
import { refusedTopics } from './refused-topics.ts'
import { rules } from './rules.ts'
import { Tab } from './tab.ts'
import { Topic, type TopicName, type TopicOwner } from './topic.ts'
import { Topics } from './topics.ts'
import type { HubOptions } from './types.ts'
import { Upstream } from './upstream.ts'
import { errorOf, type PostedError, type PostedState, postedError, postedState, stateOf } from './wire-state.ts'

/** Milliseconds that a new leader waits for the other tabs to say what they need. */
const ROLL_CALL = 100
/** The mark of our messages: others on the channel are ignored. */
const MARK = 'eventwire-hub-1'

/** Posts about the connection as a whole, beside those of the hand-over. */
type HubPost =
  | Post
  | { readonly type: 'state'; readonly term: number; readonly leader: string; readonly state: PostedState }
  | { readonly type: 'error'; readonly term: number; readonly leader: string; readonly error: PostedError }
  | { readonly type: 'refused'; readonly topics: readonly string[]; readonly error: PostedError }
  | { readonly type: 'bye'; readonly tab: string }
  | { readonly type: 'end' }

/** The connection of a page, or this tab's part in the one that tabs share. */
export class SharedConnection implements TopicOwner {
  share: 'page' | 'tabs'
  readonly lookup: DecoderLookup
  readonly #url: (topics: readonly string[], added: readonly string[]) => string | URL
  readonly #settle: number
  readonly #key: string
  readonly #topics = new Topics()
  readonly #upstream: Upstream
  readonly #leader: Leader
  readonly #tab: Tab<TopicName>
  readonly #watch: LeaderWatch
  #link: Link | undefined
  /** The name of the lock and the channel, once they are needed. */
  #name = ''
  readonly #createdAt = Date.now()
  readonly #page = new AbortController()
  #closed: CloseInfo | undefined
  /** `idle` before the first topic; `away` while the page is frozen. */
  #life: 'idle' | 'here' | 'away' = 'idle'
  #state: SubscriptionState = { status: 'connecting', attempt: 1 }
  #change: ReturnType<typeof setTimeout> | undefined
  /** What the next attempt carries. */
  #carry: { readonly topics: readonly string[]; readonly added: readonly string[] } = { topics: [], added: [] }
  /** Topics that the server has accepted. */
  #accepted: readonly string[] = []
  /** Whether this tab holds the lock that says it is there. */
  #linked = false
  /** Whether there are, or were, other tabs. */
  #hasOthers = false
  /** A loop of this tab is full: it takes nothing until there is room. */
  #full = false

  constructor(
    url: (topics: readonly string[], added: readonly string[]) => string | URL,
    { share, key, settle, events, lastEventId = '', ...options }: HubOptions<any> & { readonly transport: Transport },
  ) {
    this.#url = url
    this.#settle = settle!
    this.#key = `${key}`
    this.lookup = decoderLookupOf(events)
    this.share = share === 'tabs' && canShareTabs() ? 'tabs' : 'page'
    const post = (post: Post) => this.#post(post)
    this.#leader = new Leader(rules, {
      post,
      changed: () => this.#schedule(),
      doubted: () => this.#verify(),
    })
    this.#watch = new LeaderWatch({
      isLeading: () => this.#leader.term > 0,
      ask: () => this.#tab.want(),
      takeOver: () => this.#link?.campaign(true),
    })
    const announces = `${url(['a'], ['a'])}` !== `${url(['a'], [])}`
    this.#tab = new Tab<TopicName>(
      rules,
      {
        post,
        deliver: ({ topic }, item) => topic.deliver(item),
        missed: ({ topic }, item) => topic.missed(item, readGap(item[1], item[2])),
        opened: ({ topic }) => topic.show(this.#state),
      },
      announces,
      lastEventId,
    )
    this.#upstream = new Upstream(options, options.transport, {
      url: () => {
        this.#carry = this.#leader.attempt()
        return this.#url(this.#carry.topics, this.#carry.added)
      },
      connecting: (start) => this.#leader.connecting({ ...this.#carry, start }),
      received: (items) => this.#leader.received(items),
      ready: () => this.#topics.ready(),
      changed: (state) => this.#changed(state),
      failed: (error) => {
        this.#postAsLeader({ type: 'error', error: postedError(error) })
        this.#topics.failed(error)
      },
    })
  }

  lastEventId(): string {
    return this.#tab.cursor
  }

  topic(names: readonly string[]): Topic {
    const idle: SubscriptionState = { status: 'paused', reason: 'idle' }
    const topic = new Topic(names, this, names.length === 0 ? idle : this.#initialState())
    if (this.#closed) topic.close(this.#closed)
    else if (names.length > 0) {
      this.#topics.add(topic)
      this.#begin()
      if (!this.#closed) for (const use of topic.names) this.#tab.add(use)
    }
    return topic
  }

  left(topic: Topic): void {
    if (!this.#topics.delete(topic)) return
    for (const use of topic.names) this.#tab.remove(use)
  }

  /** Closes this tab's part. */
  close(closed: CloseInfo): void {
    if (this.#closed) return
    this.#closed = closed
    this.#page.abort()
    this.#stop()
    this.#topics.close(closed)
  }

  /** Closes it in all tabs, those that are frozen included. */
  end(): void {
    if (this.#closed) return
    this.#begin()
    if (this.share === 'tabs') markEnd(this.#name)
    this.#post({ type: 'end' })
  }

  #initialState(): SubscriptionState {
    return this.#state.status === 'open' || this.#state.status === 'closed'
      ? { status: 'connecting', attempt: 1 }
      : this.#state
  }

  #begin(): void {
    if (this.#life !== 'idle') return
    // Not before: a module of workerd may hold a hub, and must not draw a number.
    this.#tab.id = this.#leader.id = `${Math.random()}`.slice(2)
    this.#name = `eventwire:${this.#key}:${resolveUrl(this.#url([], []))}`
    if (this.share === 'tabs') {
      watchPageLife(
        this.#page.signal,
        () => this.#away(),
        () => this.#back(),
      )
    }
    this.#start()
  }

  #start(): void {
    this.#life = 'here'
    if (this.share === 'tabs' && hasEnded(this.#name, this.#createdAt)) {
      this.close({ reason: 'client' })
      return
    }
    if (this.share === 'page') {
      this.#leader.lead(this.#tab.term)
      return
    }
    this.#link = new Link(this.#name, this.#tab.id, {
      linked: () => {
        this.#linked = true
        this.#tab.want()
      },
      received: (post) => this.#received(post),
      elected: () => this.#leader.lead(this.#tab.term),
      deposed: () => {
        this.#stopLeading()
        this.#link?.campaign()
      },
      gone: (tab) => this.#leader.gone(tab),
      refused: () => {
        this.#link?.stop()
        this.#link = undefined
        this.#watch.stop()
        this.share = 'page'
        this.#leader.lead(this.#tab.term)
      },
    })
    this.#link.start()
    this.#watch.start()
  }

  /** Lets go of everything that the page holds. */
  #stop(): void {
    if (this.#life !== 'here') return
    this.#life = 'away'
    this.#watch.stop()
    this.#link?.post({ mark: MARK, type: 'bye', tab: this.#tab.id })
    this.#stopLeading()
    this.#link?.stop()
    this.#link = undefined
    this.#linked = false
    this.#tab.forget()
  }

  #stopLeading(): void {
    clearTimeout(this.#change)
    this.#change = undefined
    this.#leader.stop()
    this.#upstream.close()
  }

  #away(): void {
    if (this.#life !== 'here') return
    this.#stop()
    this.#show({ status: 'paused', reason: 'frozen' })
  }

  #back(): void {
    if (this.#life !== 'away') return
    this.#show({ status: 'connecting', attempt: 1 })
    this.#start()
  }

  #post(post: HubPost): void {
    // A leader could not tell yet whether this tab is gone.
    if (this.#linked || post.type !== 'want') this.#link?.post({ mark: MARK, ...post })
    this.#receive(post)
  }

  #postAsLeader(post: { type: 'state'; state: PostedState } | { type: 'error'; error: PostedError }): void {
    const { term } = this.#leader
    if (term > 0) this.#link?.post({ mark: MARK, ...post, term, leader: this.#tab.id })
  }

  #received(post: unknown): void {
    if (typeof post !== 'object' || (post as { mark?: unknown } | null)?.mark !== MARK) return
    this.#watch.heard()
    this.#hasOthers = true
    this.#receive(post as HubPost)
  }

  #receive(post: HubPost): void {
    const { type } = post
    if (type === 'want') this.#wanted(post)
    else if (type === 'bye') this.#leader.gone(post.tab)
    else if (type === 'end') this.close({ reason: 'client' })
    else if (type === 'refused') this.#topics.close({ reason: 'fatal', error: errorOf(post.error) }, post.topics)
    else if (type === 'error' || type === 'state') {
      if (post.term !== this.#tab.term || post.leader !== this.#tab.leader) return
      if (type === 'state') this.#show(stateOf(post.state))
      else this.#topics.failed(errorOf(post.error))
    } else if (!this.#full || type === 'lead') {
      this.#tab.receive(post)
      this.#pauseWhenFull()
    }
  }

  /** A tab that this leader did not know learns of the present state, too. */
  #wanted(post: Extract<Post, { type: 'want' }>): void {
    const known = post.tab in this.#leader.tabs
    this.#leader.receive(post)
    if (this.#leader.term === 0 || known) return
    this.#link?.watch(post.tab)
    if (this.#upstream.isOpen && post.tab !== this.#tab.id) {
      this.#postAsLeader({ type: 'state', state: postedState(this.#state) })
    }
  }

  /** A follower whose loop is full cannot hold up the leader. It catches up from its cursor. */
  #pauseWhenFull(): void {
    if (this.#leader.term > 0) return
    const room = this.#topics.ready()
    if (!room) return
    this.#full = true
    this.#tab.forget()
    room.then(() => {
      this.#full = false
      this.#tab.want()
    })
  }

  #schedule(): void {
    if (this.#change !== undefined) return
    const soon = this.#hasOthers ? Math.min(this.#settle, ROLL_CALL) : 0
    const delay = this.#upstream.isOpen ? this.#settle : soon
    this.#change = setTimeout(() => {
      this.#change = undefined
      const next = this.#leader.term > 0 && this.#leader.next()
      if (!next) return
      if (next.topics.length > 0) this.#upstream.connect(next.start)
      else {
        this.#upstream.close()
        this.#leader.disconnected()
      }
    }, delay)
  }

  /** A tab follows another leader. If the lock is still held here, this tab leads anew, later than that one. */
  async #verify(): Promise<void> {
    const { term } = this.#leader
    await this.#link?.settled()
    if (this.#leader.term !== term || term === 0) return
    this.#leader.lead(this.#tab.term)
    this.#schedule()
  }

  /** The state of the leader's own connection. */
  #changed(state: SubscriptionState): void {
    if (state.status === 'closed' && this.#refusedSome(state)) return
    // A page that is frozen says nothing about the others.
    if (state.status !== 'paused') this.#postAsLeader({ type: 'state', state: postedState(state) })
    this.#show(state)
  }

  /** Whether the server has refused some topics only: the connection goes on without them. */
  #refusedSome({ error }: CloseInfo): boolean {
    const { topics = [] } = this.#leader.connection ?? {}
    this.#leader.disconnected()
    const refused = error ? refusedTopics(error, topics, this.#accepted) : []
    if (refused.length === 0) return false
    this.#leader.drop(refused)
    this.#post({ type: 'refused', topics: refused, error: postedError(error!) })
    this.#schedule()
    return true
  }

  #show(state: SubscriptionState): void {
    this.#state = state
    if (state.status === 'open') this.#accepted = this.#tab.connection?.topics ?? []
    this.#topics.show(state)
  }
}
