import type { EventwireError } from '../../shared/errors.ts'
import { type DecoderLookup, decoderLookupOf } from '../../shared/events/define-events.ts'
import { hasNoBase, resolveUrl } from '../subscription/connection.ts'
import { readGap } from '../subscription/read-control.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import { hasEnded, markEnd } from './end-mark.ts'
import { LeaderWatch } from './leader-watch.ts'
import { Leading, type LeadingOwner, type UrlOf } from './leading.ts'
import { canShareTabs, Link } from './link.ts'
import { watchPageLife } from './page-life.ts'
import type { HubPost } from './posts.ts'
import { rules } from './rules.ts'
import { Tab } from './tab.ts'
import { Topic, type TopicName, type TopicOwner } from './topic.ts'
import { Topics } from './topics.ts'
import type { HubOptions } from './types.ts'
import { errorOf, stateOf } from './wire-state.ts'

/** The mark of our messages. Other messages on the channel are ignored. */
const MARK = 'eventwire-hub-1'

/** The connection of a page, or this tab's part in a connection that tabs share. */
export class SharedConnection implements TopicOwner, LeadingOwner {
  share: 'page' | 'tabs'
  readonly lookup: DecoderLookup
  /** Topics that the server has accepted. */
  accepted: readonly string[] = []
  /** Whether there are, or were, other tabs. */
  hasOthers = false
  readonly #url: UrlOf
  readonly #key: string
  readonly #topics = new Topics()
  readonly #leading: Leading
  readonly #tab: Tab<TopicName>
  readonly #watch: LeaderWatch
  #link: Link | undefined
  /** The name of the lock and the channel, set on first use. */
  #name = ''
  readonly #createdAt = Date.now()
  readonly #page = new AbortController()
  #closed: CloseInfo | undefined
  /** `idle` before the first topic; `away` while the page is frozen. */
  #life: 'idle' | 'here' | 'away' = 'idle'
  #state: SubscriptionState = { status: 'connecting', attempt: 1 }
  /** Whether this tab holds the lock that shows that it is open. */
  #linked = false
  /** Whether a loop of this tab is full. The tab then takes no messages until the loop has room. */
  #full = false

  constructor(
    url: UrlOf,
    { share, key, settle, events, lastEventId = '', ...options }: HubOptions<any> & { readonly transport: Transport },
  ) {
    this.#url = url
    this.#key = `${key}`
    this.lookup = decoderLookupOf(events)
    this.share = share === 'tabs' && canShareTabs() ? 'tabs' : 'page'
    this.#leading = new Leading(url, settle!, options, this)
    this.#watch = new LeaderWatch({
      isLeading: () => this.#leading.isLeading,
      ask: () => this.#tab.want(),
      takeOver: () => this.#link?.campaign(true),
    })
    const announces = `${url(['a'], ['a'])}` !== `${url(['a'], [])}`
    this.#tab = new Tab<TopicName>(
      rules,
      {
        post: (post) => this.post(post),
        deliver: ({ topic }, item) => topic.deliver(item),
        missed: ({ topic }, item) => topic.missed(item, readGap(item[1], item[2])),
        opened: ({ topic }) => topic.show(this.#state),
      },
      announces,
      lastEventId,
    )
  }

  lastEventId(): string {
    return this.#tab.cursor
  }

  topic(names: readonly string[]): Topic {
    const idle: SubscriptionState = { status: 'paused', reason: 'idle' }
    // During server rendering a relative URL has no base, and no listener needs events.
    const isIdle = names.length === 0 || hasNoBase(`${this.#url([], [])}`)
    const topic = new Topic(names, this, isIdle ? idle : this.#initialState())
    if (this.#closed) topic.close(this.#closed)
    else if (!isIdle) {
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

  /** Closes the connection in all tabs, also in frozen ones. */
  end(): void {
    if (this.#closed) return
    if (this.share === 'tabs') {
      this.#begin()
      markEnd(this.#name)
    }
    this.post({ type: 'end' })
  }

  #initialState(): SubscriptionState {
    return this.#state.status === 'open' || this.#state.status === 'closed'
      ? { status: 'connecting', attempt: 1 }
      : this.#state
  }

  #begin(): void {
    if (this.#life !== 'idle') return
    // Drawn on first use: workerd forbids random numbers while a module loads, and a module may create a hub.
    this.#tab.id = this.#leading.leader.id = `${Math.random()}`.slice(2)
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
      this.#leading.leader.lead(this.#tab.term)
      return
    }
    this.#link = new Link(this.#name, this.#tab.id, {
      linked: () => {
        this.#linked = true
        this.#tab.want()
      },
      received: (post) => this.#received(post),
      elected: () => this.#leading.leader.lead(this.#tab.term),
      deposed: () => {
        this.#leading.stop()
        this.#link?.campaign()
      },
      gone: (tab) => this.#leading.leader.gone(tab),
      refused: () => {
        this.#link?.stop()
        this.#link = undefined
        this.#watch.stop()
        this.share = 'page'
        this.#leading.leader.lead(this.#tab.term)
      },
    })
    this.#link.start()
    this.#watch.start()
  }

  /** Releases the lock, the channel and the connection of the page. */
  #stop(): void {
    if (this.#life !== 'here') return
    this.#life = 'away'
    this.#watch.stop()
    this.broadcast({ type: 'bye', tab: this.#tab.id })
    this.#leading.stop()
    this.#link?.stop()
    this.#link = undefined
    this.#linked = false
    this.#tab.forget()
  }

  #away(): void {
    if (this.#life !== 'here') return
    this.#stop()
    this.show({ status: 'paused', reason: 'frozen' })
  }

  #back(): void {
    if (this.#life !== 'away') return
    this.show({ status: 'connecting', attempt: 1 })
    this.#start()
  }

  post(post: HubPost): void {
    // Without the lock of this tab, a leader could not detect that the tab is closed.
    if (this.#linked || post.type !== 'want') this.broadcast(post)
    this.#receive(post)
  }

  broadcast(post: HubPost): void {
    this.#link?.post({ mark: MARK, ...post })
  }

  #received(post: unknown): void {
    if (typeof post !== 'object' || (post as { mark?: unknown } | null)?.mark !== MARK) return
    this.#watch.touch()
    this.hasOthers = true
    this.#receive(post as HubPost)
  }

  #receive(post: HubPost): void {
    const { type } = post
    if (type === 'want') {
      if (this.#leading.wanted(post)) this.#link?.watch(post.tab)
    } else if (type === 'bye') this.#leading.leader.gone(post.tab)
    else if (type === 'end') this.close({ reason: 'client' })
    else if (type === 'refused') this.#topics.close({ reason: 'fatal', error: errorOf(post.error) }, post.topics)
    else if (type === 'error' || type === 'state') {
      if (post.term !== this.#tab.term || post.leader !== this.#tab.leader) return
      if (type === 'state') this.show(stateOf(post.state))
      else this.#topics.failed(errorOf(post.error))
    } else if (!this.#full || type === 'lead') {
      this.#tab.receive(post)
      this.#pauseWhenFull()
    }
  }

  /** Pauses a follower whose loop is full, because it must not slow the leader. It catches up from its cursor. */
  #pauseWhenFull(): void {
    if (this.#leading.isLeading) return
    const room = this.#topics.ready()
    if (!room) return
    this.#full = true
    this.#tab.forget()
    room.then(() => {
      this.#full = false
      this.#tab.want()
    })
  }

  failed(error: EventwireError): void {
    this.#topics.failed(error)
  }

  ready(): Promise<void> | undefined {
    return this.#topics.ready()
  }

  settled(): Promise<void> | undefined {
    return this.#link?.settled()
  }

  show(state: SubscriptionState): void {
    this.#state = state
    if (state.status === 'open') this.accepted = this.#tab.connection?.topics ?? []
    this.#topics.show(state)
  }
}
