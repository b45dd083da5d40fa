/** The reader. */
export type { EventwireError } from '../shared/errors.ts'
export type {
  AttemptContext,
  BodyLike,
  CursorStorage,
  FetchInit,
  FetchLike,
  HeadersLike,
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
  Closed,
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
