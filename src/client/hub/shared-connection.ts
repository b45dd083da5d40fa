import { type DecoderLookup, decoderLookupOf } from '../../shared/events/define-events.ts'
import { report } from '../../shared/report.ts'
import { hasNoBase, resolveUrl } from '../subscription/connection.ts'
import type { Lifecycle } from '../subscription/lifecycle.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import { hasEnded, markEnd } from './end-mark.ts'
import { CONNECTING, Leader } from './leader.ts'
import { canShareTabs, type Link, type LinkOwner, openLink } from './link.ts'
import { watchPageLife } from './page-life.ts'
import type { Post } from './posts.ts'
import { refusedTopics } from './refused-topics.ts'
import { CLOSED, Topic, type TopicOwner } from './topic.ts'
import type { HubOptions } from './types.ts'
import { openUpstream, type UpstreamOwner, type UrlOf } from './upstream.ts'
import { fromWire, toWire } from './wire-state.ts'

/** The mark of our messages. Other messages on the channel are ignored. */
const MARK = 'eventwire-hub-1'
/** Milliseconds that a new leader waits for the other tabs to post their topics. */
const ROLL_CALL = 100

/** The connection of a page, or this tab's part in a connection that tabs share. */
export class SharedConnection extends Leader<Topic> implements TopicOwner, UpstreamOwner, LinkOwner {
  readonly lookup: DecoderLookup
  share: 'page' | 'tabs'
  silentChecks = 0
  /** The URL for no topics. */
  readonly #base: string
  readonly #key: string
  readonly #settle: number
  readonly #open: () => Lifecycle
  #upstream: Lifecycle | undefined
  #change: ReturnType<typeof setTimeout> | undefined
  #link: Link | undefined
  /** The name of the lock and the channel, set on first use. */
  #name = ''
  /** Whether there are, or were, other tabs. */
  #hasOthers = false
  readonly #createdAt = Date.now()
  readonly #page = new AbortController()
  #closed: SubscriptionState | undefined

  constructor(
    url: UrlOf,
    base: string,
    { share, key, settle = 200, events, lastEventId = '', ...options }: HubOptions<any>,
    transport: Transport,
  ) {
    super()
    this.lookup = decoderLookupOf(events)
    this.share = share === 'tabs' && canShareTabs() ? 'tabs' : 'page'
    this.#base = base
    this.#key = `${key}`
    this.#settle = settle
    this.#open = () => openUpstream(url, options, transport, this)
    this.announces = `${url(['a'], ['a'])}` !== `${url(['a'], [])}`
    this.cursor = lastEventId
    this.pinned = lastEventId !== ''
  }

  topic(names: readonly string[]): Topic {
    // During server rendering a relative URL has no base, and no listener needs events.
    const isIdle = names.length === 0 || hasNoBase(this.#base)
    const state = this.state.status === 'open' ? CONNECTING : this.state
    const topic = new Topic(names, this, isIdle ? { status: 'paused', reason: 'idle' } : state)
    if (!isIdle) this.#begin()
    if (this.#closed) topic.show(this.#closed)
    else if (!isIdle) this.add(topic)
    return topic
  }

  /** Closes this tab's part. */
  close(closed: SubscriptionState = CLOSED): void {
    if (this.#closed) return
    this.#closed = closed
    this.#page.abort()
    this.stop()
    this.show(closed)
  }

  /** Closes the connection in all tabs, also in frozen ones. */
  end(): void {
    if (this.share === 'tabs') {
      this.#begin()
      markEnd(this.#name)
      this.#link?.post({ mark: MARK, end: true })
    }
    this.close()
  }

  #begin(): void {
    if (this.#name || this.#closed) return
    // Drawn on first use: workerd forbids random numbers while a module loads, and a module may create a hub.
    this.id = Math.random()
    this.#name = `eventwire:${this.#key}:${resolveUrl(this.#base)}`
    if (this.share === 'tabs') watchPageLife(this.#page.signal, this.#away, this.#back)
    this.#start()
  }

  #start(): void {
    if (this.share === 'page') this.lead()
    else if (hasEnded(this.#name, this.#createdAt)) this.close()
    else this.#link = openLink(this.#name, this.id, this)
  }

  /** Releases the lock, the channel and the connection of the page. */
  override stop(): void {
    clearTimeout(this.#change)
    this.#change = undefined
    super.stop()
    this.#disconnect()
    this.#link?.stop()
    this.#link = undefined
  }

  restart(): void {
    this.stop()
    this.#start()
  }

  readonly #away = (): void => {
    this.stop()
    this.show({ status: 'paused', reason: 'frozen' })
  }

  readonly #back = (): void => {
    if (this.#link || this.leading) return
    this.show(CONNECTING)
    this.#start()
  }

  unlinked(isRefused: boolean): void {
    if (isRefused) this.share = 'page'
    this.restart()
  }

  protected changed(): void {
    const soon = this.#hasOthers ? Math.min(this.#settle, ROLL_CALL) : 0
    this.#change ??= setTimeout(() => this.#apply(), this.connection ? this.#settle : soon)
  }

  #apply(): void {
    this.#change = undefined
    if (!this.isStale) return
    const status = this.#upstream?.state.get().status ?? 'closed'
    if (this.wanted.length === 0) this.#disconnect()
    else if (status === 'closed') this.#upstream = this.#open()
    // A change does not shorten a delay of the retry policy.
    else if (status === 'connecting' || status === 'open') this.#upstream!.connect()
  }

  #disconnect(): void {
    this.connection = undefined
    this.#upstream?.close({ reason: 'client' })
  }

  stateChanged(state: SubscriptionState): void {
    const refused = refusedTopics(state, this.connection?.topics, this.topics)
    // A frozen page pauses its own connection, which is not a state of the other tabs.
    if (state.status === 'paused') this.show(state)
    else this.announce({ state, refused })
    if (refused) this.drop(refused)
    else if (state.status === 'closed') this.connection = undefined
  }

  post(post: Post): void {
    this.#link?.post(toWire({ mark: MARK, ...post }))
    this.receive(post)
  }

  incoming(data: any): void {
    if (data?.mark !== MARK) return
    this.#hasOthers = true
    if (data.end) this.close()
    else this.receive(fromWire(data))
  }

  override receive(post: Post): void {
    if (!('tab' in post)) this.silentChecks = 0
    else if (this.leading && !this.tabs[post.tab]) this.#link?.watch(post.tab)
    super.receive(post)
  }

  /** Shows a state of the connection, or the end of some topics only. An error without a listener is reported as uncaught, once. */
  override show(state: SubscriptionState, names?: readonly string[]): void {
    const isClosed = state.status === 'closed'
    if (!names) this.state = isClosed ? CONNECTING : state
    const topics = this.uses.filter((topic) => !names || topic.names.some((name) => names.includes(name)))
    const isReported = topics.map((topic) => topic.show(state)).includes(true)
    if (isClosed && state.error && topics.length > 0 && !isReported) report(state.error)
  }
}
