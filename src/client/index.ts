/**
 * Receive events: `subscribe()` reconnects by itself, `readEvents()` reads one response. For browsers and every server runtime.
 *
 * @module
 */

export type { EventwireError, EventwireErrorCode, EventwireErrorOf } from '../shared/errors.ts'
export type { EventType } from '../shared/events/codec.ts'
export type { EventTypes } from '../shared/events/define-events.ts'
export type { AnyEvents, EventName, EventOf, Received, Sent } from '../shared/events/event-map.ts'
export type { Jsonify } from '../shared/events/jsonify.ts'
export type { OptionsFor } from '../shared/events/options-for.ts'
export type { SchemaIssue } from '../shared/events/standard-schema.ts'
export type { HeadersLike } from '../shared/headers-like.ts'
export type { RunEnd } from '../shared/run-end.ts'
export type { SafePromise } from '../shared/safe-promise.ts'
export type { Store } from '../shared/store.ts'
export type { Gap, GapReason } from '../shared/wire/gap.ts'
export type { Message } from '../shared/wire/parse.ts'
export type {
  AttemptContext,
  CursorStorage,
  Fallback,
  FetchLike,
  RetryContext,
  RetryPolicy,
  SubscribeOptions,
} from './options.ts'
export { type ReadOptions, readEvents } from './read-events.ts'
export { subscribe } from './subscription/subscribe.ts'
export type {
  CloseInfo,
  Listenable,
  ListenerOptions,
  Subscription,
  SubscriptionState,
} from './subscription/subscription.ts'
export { eventSourceTransport } from './transport/event-source-transport.ts'
export type { Transport } from './transport/transport.ts'
