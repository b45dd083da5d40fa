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
  extends Omit<SubscribeOptions<Events>, 'lazy' | 'pauseHidden' | 'storage' | 'until'> {
  /**
   * `'page'`: one connection for this page. `'tabs'`: one for all tabs of the browser with the same `key` and URL, where the browser
   * has Web Locks and BroadcastChannel; elsewhere one for each page.
   * @default 'page'
   */
  readonly share?: 'page' | 'tabs' | undefined
  /** Who the connection is for: the id of the user. Tabs with different keys share nothing. Needed for `share: 'tabs'`. */
  readonly key?: string | number | undefined
  /**
   * Milliseconds from the first change of the set of topics to the reconnect with the new set. Changes in between go with it.
   * @default 200
   */
  readonly settle?: number | undefined
}

/**
 * Where the connection behind a topic stands, and what it is shared with.
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
  /** `'page'` where `'tabs'` was asked for: the browser cannot share, and each tab has its own connection. */
  readonly share: 'page' | 'tabs'
}

/**
 * Listeners for some topics of a hub. It is `open` once nothing that is published from then on is missing. Closing it leaves its topics; the
 * last one to leave a topic takes it off the connection.
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
  /** Where the connection stands, for these topics. */
  readonly state: Store<HubState>
}

/**
 * One connection, and the topics that come and go on it.
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
   * Listens to topics: exact names, or patterns as for a channel. The connection carries them within `settle` milliseconds.
   *
   * @throws {EventwireError} `invalid-option` for a topic that is not a string of one line, or is empty.
   */
  topics(this: void, ...names: string[]): HubTopic<Events>
  /** Closes all topics of this page. Other tabs keep theirs. */
  readonly close: () => void
  /** Closes all topics in all tabs, as a log-out does. A tab that is frozen ends when it wakes. */
  readonly end: () => void
}
