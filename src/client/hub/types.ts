/// <reference lib="esnext.disposable" preserve="true" />
import type { Store } from '../../shared/store.ts'
import type { SubscribeOptions } from '../options.ts'
import type { Subscription, SubscriptionState } from '../subscription/subscription.ts'

/**
 * Topics for a URL: an array whose text is the names, encoded and joined with commas.
 *
 * @example
 * import { createHub, type TopicList } from 'eventwire/hub'
 *
 * const url = (topics: TopicList) => `https://example.com/events?topics=${topics}`
 * async function answer(url: string): Promise<Response> {
 *   console.log(url) // -> https://example.com/events?topics=orders/7,users%20of%20today
 *   return new Response(null, { status: 204 })
 * }
 * createHub(url, { fetch: answer }).topics('users of today', 'orders/7')
 */
export type TopicList = readonly string[]

/**
 * Options of `createHub()`, and those of `subscribe()` for its connection.
 *
 * @example
 * import { createHub, type HubOptions } from 'eventwire/hub'
 *
 * type Events = { ping: { time: string } }
 * const options: HubOptions<Events> = { share: 'tabs', key: 'ada', settle: 100 }
 * const hub = createHub<Events>((topics) => `https://example.com/events?topics=${topics}`, options)
 * hub.topics('clock').on('ping', ({ time }) => console.log(time)) // -> 12:00
 */
export interface HubOptions<Events extends object>
  extends Omit<SubscribeOptions<Events>, 'fallback' | 'lazy' | 'pauseHidden' | 'storage' | 'until'> {
  /**
   * `'page'`: one connection for this page. `'tabs'`: one connection for all tabs of the browser with the same `key` and URL. A
   * browser without Web Locks or BroadcastChannel uses one connection for each page.
   * @default 'page'
   */
  readonly share?: 'page' | 'tabs' | undefined
  /** The id of the user. Tabs with different keys do not share a connection. Required for `share: 'tabs'`. */
  readonly key?: string | number | undefined
  /**
   * Milliseconds from the first change of the set of topics to the reconnect with the new set, which includes all later changes.
   * @default 200
   */
  readonly settle?: number | undefined
}

/**
 * The state of the connection behind a topic, and whether tabs share it.
 *
 * @example
 * import { createHub, type HubState } from 'eventwire/hub'
 *
 * const hub = createHub((topics) => `https://example.com/events?topics=${topics}`)
 * const state: HubState = hub.topics('orders/7').state.get()
 * console.log(state.share) // -> page
 * hub.close()
 */
export type HubState = SubscriptionState & {
  /** How the connection is shared. `'page'` despite the option `'tabs'`: the browser cannot share connections between tabs. */
  readonly share: 'page' | 'tabs'
}

/**
 * Listeners for some topics of a hub. Its status is `open` once it receives every later event of its topics. `close()` unsubscribes
 * from them, and the connection drops a topic without subscribers.
 *
 * @example
 * import { createHub, type HubTopic } from 'eventwire/hub'
 *
 * const hub = createHub<{ ping: { time: string } }>((topics) => `https://example.com/events?topics=${topics}`)
 * const clock: HubTopic<{ ping: { time: string } }> = hub.topics('clock')
 * clock.on('ping', ({ time }) => console.log(time)) // -> 12:00
 */
export interface HubTopic<Events extends object>
  extends Omit<Subscription<Events>, 'state' | 'reconnect' | 'pause' | 'resume' | 'onComment'> {
  /** The state of the connection, for these topics. */
  readonly state: Store<HubState>
}

/**
 * One connection, with topics that you add and close at any time.
 *
 * @example
 * import { createHub, type Hub } from 'eventwire/hub'
 *
 * type Events = { ping: { time: string } }
 * const hub: Hub<Events> = createHub<Events>((topics) => `https://example.com/events?topics=${topics}`)
 * hub.topics('clock').on('ping', ({ time }) => console.log(time)) // -> 12:00
 */
export interface Hub<Events extends object> extends Disposable {
  /**
   * Subscribes to topics: exact names, or patterns as for a channel. The connection carries them within `settle` milliseconds.
   *
   * @throws {EventwireError} `invalid-option` for a topic that is not a string of one line, or is empty.
   */
  topics(this: void, ...names: string[]): HubTopic<Events>
  /** Closes all topics of this page. Other tabs keep theirs. */
  readonly close: () => void
  /** Closes all topics in all tabs, for example at log-out. A frozen tab closes its topics when it resumes. */
  readonly end: () => void
}
