/// <reference lib="esnext.disposable" preserve="true" />
import type { EventwireError, EventwireErrorOf } from '../../shared/errors.ts'
import type { EventName, EventOf, Received } from '../../shared/events/event-map.ts'
import type { RunEnd } from '../../shared/run-end.ts'
import type { SafePromise } from '../../shared/safe-promise.ts'
import type { Store } from '../../shared/store.ts'
import type { Gap } from '../../shared/wire/gap.ts'

/**
 * The payloads that a source delivers, by name. The compiler compares it before the methods, whose parameters it would
 * compare in the wrong direction.
 * Not exported, so that declarations of users expand it.
 */
type Delivers<Events> = { [Name in EventName<Events>]: Received<Events, Name> }

/**
 * Where a subscription stands. Snapshots are immutable; a new one means a change. Times in milliseconds.
 *
 * @example
 * import { type SubscriptionState, subscribe } from 'eventwire/client'
 *
 * function wordsFor(state: SubscriptionState): string {
 *   if (state.status === 'waiting') return `again in ${Math.ceil(state.delay / 1_000)} s`
 *   if (state.status === 'closed') return `over: ${state.reason}`
 *   return state.status === 'open' ? 'live' : 'one moment'
 * }
 * const subscription = subscribe('https://example.com/events')
 * subscription.state.subscribe((state) => console.log(wordsFor(state)))
 * // -> one moment
 * // -> live
 * // -> over: server
 */
export type SubscriptionState =
  | { readonly status: 'connecting'; readonly attempt: number }
  | {
      readonly status: 'open'
      readonly since: number
      readonly url: string
      readonly headers: Headers
      /** The last payload of this connection that could not be decoded and that no `onError` listener received. */
      readonly error?: EventwireError
    }
  | {
      readonly status: 'waiting'
      /** The number of the next attempt. */
      readonly attempt: number
      readonly delay: number
      /** The time of the next attempt, as `Date.now()` counts. */
      readonly retryAt: number
      readonly error?: EventwireError
    }
  | { readonly status: 'paused'; readonly reason: PauseReason }
  | ({ readonly status: 'closed' } & CloseInfo)

/**
 * Why a subscription has no connection: `pause()` was called, the page is hidden (`pauseHidden`) or in the back/forward cache,
 * or a `lazy` subscription has no listener.
 */
export type PauseReason = 'manual' | 'hidden' | 'frozen' | 'idle'

/**
 * Why a subscription is closed.
 *
 * - `client`: `close()` was called. `aborted`: the `signal` aborted. `until`: the event to stop at arrived.
 * - `server`: the server wants no further request. `end` says how: `no-content` (status 204), `final` (the server's final
 *   end), `complete` (the response of a request that is not repeated ended properly). `how` is the end of a run.
 * - `fatal`: an error that a retry would only repeat.
 * - `exhausted`: an error after which the policy allows no further attempt.
 */
export type CloseInfo =
  | {
      readonly reason: 'client' | 'aborted' | 'until'
      readonly end?: undefined
      readonly how?: undefined
      readonly error?: undefined
    }
  | {
      readonly reason: 'server'
      readonly end: 'no-content' | 'final' | 'complete'
      /** How the run ended; `undefined` for a stream that is not of `eventwire/runs`. */
      readonly how?: RunEnd | undefined
      readonly error?: undefined
    }
  | {
      readonly reason: 'fatal' | 'exhausted'
      readonly end?: undefined
      readonly how?: undefined
      readonly error: EventwireError
    }

/** How long a listener stays. */
export interface ListenerOptions {
  /**
   * Removes the listener before its first call.
   * @default false
   */
  readonly once?: boolean | undefined
  /** Removes the listener when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The part of a subscription that delivers some of the events: what a component asks for.
 *
 * @example
 * import { type Listenable, subscribe } from 'eventwire/client'
 *
 * function showClock(source: Listenable<{ ping: { time: string } }>): void {
 *   source.on('ping', ({ time }) => console.log(time)) // -> 12:00
 * }
 * showClock(subscribe<{ ping: { time: string }; message: string }>('https://example.com/events'))
 */
export interface Listenable<Events extends object> extends Disposable {
  /** Exists for the compiler only; it has a plain name so that declarations can be emitted. */
  readonly '~delivers'?: Delivers<Events> | undefined
  /**
   * Listens to one event; returns a function that removes the listener. No name is special, `error` and `open` neither.
   *
   * @throws {EventwireError} `invalid-option` for a listener that is not a function.
   *
   * @example
   * import { subscribe } from 'eventwire/client'
   *
   * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events')
   * subscription.on('ping', ({ time }, { id }) => console.log(time, id)) // -> 12:00 7
   */
  on<Name extends keyof Events & string>(
    this: void,
    type: Name,
    listener: (data: Received<Events, Name>, event: EventOf<Events, Name>) => void,
    options?: ListenerOptions,
  ): () => void
  /**
   * The next event of this name.
   *
   * @throws {EventwireError} It rejects with the error that closes the subscription, or `closed` when there is none.
   *   When the signal aborts, it rejects with the signal's reason.
   */
  once<Name extends keyof Events & string>(
    this: void,
    type: Name,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<EventOf<Events, Name>>
  /** Where the subscription stands, to read and to watch. */
  readonly state: Store<SubscriptionState>
}

/** A subscription to a server's events that reconnects by itself. */
export interface Subscription<Events extends object> extends Listenable<Events> {
  /** Exists for the compiler only. Repeated, so that it is compared before everything else. */
  readonly '~delivers'?: Delivers<Events> | undefined
  /** Iterates over all events. A method: `extends AsyncIterable` would make the editor resolve every payload first. */
  [Symbol.asyncIterator](): AsyncIterator<EventOf<Events>, undefined>
  /**
   * Listens to every event, as a union discriminated by `type`.
   *
   * @throws {EventwireError} `invalid-option` for a listener that is not a function, and when the transport listens by name and no map was
   *   given as `events`.
   */
  onAny(this: void, listener: (event: EventOf<Events>) => void, options?: ListenerOptions): () => void
  /**
   * Iterates over some of the events. The queue is bounded: a loop that falls behind stops the reading of the body, and
   * so holds up the listeners too. Leaving the loop closes a subscription without other listeners or loops.
   *
   * @throws {EventwireError} In the loop: what closes the subscription; without `onError`, also `payload-not-decodable`
   *   and `payload-rejected`.
   */
  events<Name extends keyof Events & string>(this: void, ...types: Name[]): AsyncIterable<EventOf<Events, Name>>
  /** The `status` of the state. */
  readonly status: SubscriptionState['status']
  /** Calls the listener for every lost connection, every rejected payload and the fatal error; never for a server's event. */
  onError(this: void, listener: (error: EventwireErrorOf) => void, options?: ListenerOptions): () => void
  /** Calls the listener when events are missing before the next one. */
  onGap(this: void, listener: (gap: Gap) => void, options?: ListenerOptions): () => void
  /** Calls the listener for each comment, without the colon and one space after it; not for control information in comments. */
  onComment(this: void, listener: (text: string) => void, options?: ListenerOptions): () => void
  /** The id of the last event received. */
  readonly lastEventId: string
  /** Resolves when the first connection is open; rejects as `once()` does when the subscription closes before. */
  readonly opened: SafePromise<void>
  /** Resolves when the subscription has closed; never rejects. */
  readonly closed: SafePromise<CloseInfo>
  /** Connects anew, at once. Does nothing once closed. */
  readonly reconnect: () => void
  /** Gives the connection up until `resume()`. */
  readonly pause: () => void
  /** Undoes `pause()`. */
  readonly resume: () => void
  /** Ends it for good: no event, error or request follows. */
  readonly close: () => void
}
