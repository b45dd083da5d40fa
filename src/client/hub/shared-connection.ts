import { decoderLookupOf } from '../../shared/events/define-events.ts'
import { hasNoBase, resolveUrl } from '../subscription/connection.ts'
import type { CloseInfo } from '../subscription/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import { hasEnded, markEnd } from './end-mark.ts'
import { type WatchingTab, watchLeader } from './leader-watch.ts'
import { Leading, type LeadingTab, type UrlOf } from './leading.ts'
import { canShareTabs, Link, type LinkOwner } from './link.ts'
import { watchPageLife } from './page-life.ts'
import type { HubPost } from './posts.ts'
import { Topic } from './topic.ts'
import { CONNECTING, TopicTab } from './topic-tab.ts'
import type { HubOptions } from './types.ts'
import { stateOf } from './wire-state.ts'

/** The mark of our messages. Other messages on the channel are ignored. */
const MARK = 'eventwire-hub-1'

/** The connection of a page, or this tab's part in a connection that tabs share. */
export class SharedConnection extends TopicTab implements LeadingTab, LinkOwner, WatchingTab {
  hasOthers = false
  silentChecks = 0
  readonly #url: UrlOf
  readonly #key: string
  readonly #leading: Leading
  #watch: ReturnType<typeof watchLeader> | undefined
  #link: Link | undefined
  /** The name of the lock and the channel, set on first use. */
  #name = ''
  readonly #createdAt = Date.now()
  readonly #page = new AbortController()
  #closed: CloseInfo | undefined
  /** Whether the page is frozen, or in the back/forward cache. */
  #isAway = false
  /** Whether this tab holds the lock that shows that it is open. */
  #linked = false

  constructor(
    url: UrlOf,
    { share, key, settle, events, lastEventId = '', ...options }: HubOptions<any> & { readonly transport: Transport },
  ) {
    super(decoderLookupOf(events), share === 'tabs' && canShareTabs() ? 'tabs' : 'page')
    this.#url = url
    this.#key = `${key}`
    this.#leading = new Leading(url, settle!, options, this)
    this.announces = `${url(['a'], ['a'])}` !== `${url(['a'], [])}`
    this.cursor = lastEventId
    this.pinned = lastEventId !== ''
  }

  get isLeading(): boolean {
    return this.#leading.term > 0
  }

  topic(names: readonly string[]): Topic {
    // During server rendering a relative URL has no base, and no listener needs events.
    const isIdle = names.length === 0 || hasNoBase(`${this.#url([], [])}`)
    const state = this.state.status === 'open' ? CONNECTING : this.state
    const topic = new Topic(names, this, isIdle ? { status: 'paused', reason: 'idle' } : state)
    if (!isIdle) this.#begin()
    if (this.#closed) topic.close(this.#closed)
    else if (!isIdle) this.add(topic)
    return topic
  }

  /** Closes this tab's part. */
  close(closed: CloseInfo): void {
    if (this.#closed) return
    this.#closed = closed
    this.#page.abort()
    this.#stop()
    this.show({ status: 'closed', ...closed })
  }

  /** Closes the connection in all tabs, also in frozen ones. */
  end(): void {
    if (this.share === 'tabs') {
      this.#begin()
      markEnd(this.#name)
    }
    this.post({ type: 'end' })
  }

  #begin(): void {
    if (this.#name || this.#closed) return
    // Drawn on first use: workerd forbids random numbers while a module loads, and a module may create a hub.
    this.id = this.#leading.id = `${Math.random()}`.slice(2)
    this.#name = `eventwire:${this.#key}:${resolveUrl(this.#url([], []))}`
    if (this.share === 'tabs') watchPageLife(this.#page.signal, this.#away, this.#back)
    this.#start()
  }

  #start(): void {
    this.#isAway = false
    if (this.share === 'page') this.elected()
    else if (hasEnded(this.#name, this.#createdAt)) this.close({ reason: 'client' })
    else {
      this.#link = new Link(this.#name, this.id, this)
      this.#watch = watchLeader(this)
    }
  }

  /** Releases the lock, the channel and the connection of the page. */
  #stop(): void {
    clearInterval(this.#watch)
    this.#leading.stop()
    this.#link?.stop()
    this.#link = undefined
    this.#linked = this.following = false
  }

  readonly #away = (): void => {
    this.#isAway = true
    this.#stop()
    this.show({ status: 'paused', reason: 'frozen' })
  }

  readonly #back = (): void => {
    if (!this.#isAway) return
    this.show(CONNECTING)
    this.#start()
  }

  linked(): void {
    this.#linked = true
    this.want()
  }

  elected(): void {
    this.#leading.lead(this.term)
  }

  deposed(): void {
    this.#leading.stop()
    this.#link?.campaign()
  }

  gone(tab: string): void {
    this.#leading.gone(tab)
  }

  refused(): void {
    this.#stop()
    this.share = 'page'
    this.elected()
  }

  takeOver(): void {
    this.#link?.campaign(true)
  }

  settled(): Promise<unknown> | undefined {
    return this.#link?.settled()
  }

  post(post: HubPost): void {
    // Without the lock of this tab, a leader could not detect that the tab is closed.
    if (this.#linked || post.type !== 'want') this.broadcast(post)
    this.receive(post)
  }

  broadcast(post: HubPost): void {
    this.#link?.post({ mark: MARK, ...post })
  }

  received(post: unknown): void {
    if ((post as { mark?: unknown } | null)?.mark !== MARK) return
    this.hasOthers = true
    if ((post as HubPost).type !== 'want') this.silentChecks = 0
    this.receive(post as HubPost)
  }

  override receive(post: HubPost): void {
    if (post.type === 'want') {
      this.#leading.receive(post)
      if (this.isLeading) this.#link?.watch(post.tab)
    } else if (post.type === 'end') this.close({ reason: 'client' })
    else if (post.type === 'state') {
      // The state of a leader may arrive before its first announcement.
      if (!this.rules.isBefore({ ...post, n: this.n }, this)) this.show(stateOf(post.state), post.topics)
    } else super.receive(post)
  }
}
