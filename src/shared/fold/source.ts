import type { EventName, Received } from '../events/event-map.ts'
import type { Gap } from '../wire/gap.ts'

/**
 * The payloads that a source delivers, by name. The compiler compares it before the methods, whose parameters it would
 * compare in the wrong direction.
 * Not exported, so that declarations of users expand it.
 */
type Delivers<Events> = { [Name in EventName<Events>]: Received<Events, Name> }

/** The name of the method with which a subscription or a channel feeds a fold; registered, so that two copies of the package agree. */
export const follow: unique symbol = Symbol.for('eventwire.follow')

/** Receives the events and gaps of a source. Both methods throw `callback-failed` when a reducer throws; the source reports that error. */
export interface Follower {
  event(data: unknown, event: { readonly type: string; readonly data?: unknown }): void
  gap(gap: Gap): void
}

/** The link between a source and a fold that follows it. */
export interface Following {
  /** Brings the fold up to date before its state is read. */
  flush?(): void
  /** Counts a watcher of the state: a lazy subscription connects for the first one. Returns the function that removes the watcher. */
  watch?: (() => () => void) | undefined
}

/** A source with a method of its own for folds. */
export interface Followable {
  [follow](types: readonly string[], follower: Follower): Following
}

/**
 * A source that a fold can read: a subscription, a topic of a hub, or a channel.
 *
 * @example
 * import { type FoldSource, fold, type Store } from 'eventwire'
 * import { createChannel } from 'eventwire/server'
 *
 * const countMessages = (source: FoldSource<{ message: string }>): Store<number> =>
 *   fold(source, { initial: 0, on: { message: (count) => count + 1 } })
 * const channel = createChannel<{ message: string }>()
 * const count = countMessages(channel)
 * channel.publish('message', 'hello')
 * console.log(count.get()) // -> 1
 */
export interface FoldSource<Events extends object> {
  /** Exists for the compiler only; it has a plain name so that declarations can be emitted. */
  readonly '~delivers'?: Delivers<Events> | undefined
}
