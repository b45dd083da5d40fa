/** The reader. Types of other entries are here, too, so that declarations can name them. */
export type { EventwireError, EventwireErrorCode, EventwireErrorFields, EventwireErrorOf } from '../shared/errors.ts'
export type { EventType } from '../shared/events/codec.ts'
export type { EventTypes } from '../shared/events/define-events.ts'
export type { AnyEvents, EventName, EventOf, Received, ReceivedEvent, Sent } from '../shared/events/event-map.ts'
export type { Jsonify } from '../shared/events/jsonify.ts'
export type { OptionsFor } from '../shared/events/options-for.ts'
export type { SchemaIssue } from '../shared/events/standard-schema.ts'
export type { HeadersLike } from '../shared/headers-like.ts'
export type { RunEnd } from '../shared/run-end.ts'
export type { SafePromise } from '../shared/safe-promise.ts'
export type { GapReason } from '../shared/wire/gap.ts'
export type { Message } from '../shared/wire/parse.ts'
export type {
  AttemptContext,
  BodyLike,
  CursorStorage,
  FetchInit,
  FetchLike,
  PerAttempt,
  ResponseLike,
  RetryContext,
  RetryPolicy,
  SubscribeOptions,
  SubscribeUrl,
} from './options.ts'
export { type ReadOptions, readEvents } from './read-events.ts'
export { subscribe } from './subscription/subscribe.ts'
export type {
  CloseInfo,
  Gap,
  Listenable,
  ListenerOptions,
  PauseReason,
  Store,
  Subscription,
  SubscriptionState,
} from './subscription/subscription.ts'
export { type EventSourceLike, eventSourceTransport } from './transport/event-source-transport.ts'
export type { Transport, TransportReceiver, TransportRequest } from './transport/transport.ts'
