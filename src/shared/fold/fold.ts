import { EventwireError, invalidOption, reasonOf } from '../errors.ts'
import type { EventName, EventOf, Received } from '../events/event-map.ts'
import { createStore, type Store } from '../store.ts'
import type { Gap } from '../wire/gap.ts'
import { type FoldSource, type Followable, type Follower, type Following, follow } from './source.ts'

/**
 * Rules that compute a state from events. The same reducer serves both ends: the server folds its channel for snapshots, the client
 * folds its subscription.
 *
 * @example
 * import { fold, type Reducer } from 'eventwire'
 * import { createChannel } from 'eventwire/server'
 *
 * type Events = { snapshot: string[]; added: string }
 * const list: Reducer<Events, readonly string[]> = {
 *   initial: [],
 *   on: { snapshot: (_, all) => all, added: (items, item) => [...items, item] },
 * }
 * const channel = createChannel<Events>()
 * const items = fold(channel, list)
 * channel.publish('added', 'milk')
 * console.log(items.get()) // -> [ 'milk' ]
 */
export interface Reducer<Events extends object, State> {
  /** The state before the first event. */
  readonly initial: State
  /**
   * Functions by event name, each of which returns the next state. Return the present value for no change, and never mutate it.
   * When a function throws, the state stays as it is and the error is reported as `callback-failed`.
   */
  readonly on: {
    readonly [Name in EventName<Events>]?: (
      state: State,
      data: Received<Events, Name>,
      event: EventOf<Events, Name>,
    ) => State
  }
  /**
   * The state after a gap. `'keep'` leaves it as it is, for servers that send a snapshot after a gap. `'reset'` goes back to
   * `initial`. A function returns the state.
   * @default 'keep'
   */
  readonly onGap?: 'keep' | 'reset' | ((state: State, gap: Gap) => State) | undefined
}

/** The methods of a source that does not implement `Followable`. */
interface PlainSource {
  on(type: string, listener: Follower['event']): unknown
  onGap?(listener: Follower['gap']): unknown
}

/**
 * Folds events into a state that can be read and watched: the store that `useSyncExternalStore`, Svelte and Solid's `from` take.
 *
 * A fold of a subscription computes the state from the events that arrive while the fold exists. A lazy subscription connects
 * when the store is watched.
 *
 * A fold of a channel reads all events of the log and all later ones, whatever their topics. Its state is always that of the head:
 * `snapshot: (stream) => stream.send('snapshot', board.get())` sends exactly the state that the following events continue. Call
 * `get()` in a snapshot before its first `await`. A fold lives as long as its source.
 *
 * An error of a reducer is reported to `onError` of the source, or as uncaught when `onError` has no listener.
 *
 * @example
 * import { fold } from 'eventwire'
 * import { createChannel } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const channel = createChannel<{ board: number[]; added: number }>()
 * const board = fold(channel, { initial: [] as number[], on: { added: (all, one) => [...all, one] } })
 * channel.publish('added', 1)
 * const response = channel.response(new Request('http://localhost/board'), {
 *   snapshot: (stream) => stream.send('board', board.get()),
 * })
 * channel.publish('added', 2)
 * const events = await collectEvents(response, { count: 2 })
 * console.log(events.map(({ type, data }) => `${type} ${data}`)) // -> [ 'board 1', 'added 2' ]
 *
 * @throws {EventwireError} `invalid-option` for a source that is not a subscription, topic or channel.
 */
export function fold<Events extends object, State>(
  source: FoldSource<Events>,
  reducer: Reducer<Events, State>,
): Store<State> {
  const [store, set] = createStore(reducer.initial)
  const next = (what: string, call: (state: State) => State) => {
    const state = store.get()
    let changed: State
    try {
      changed = call(state)
    } catch (cause) {
      throw new EventwireError('callback-failed', `the reducer of ${what} threw: ${reasonOf(cause)}`, { cause })
    }
    if (!Object.is(state, changed)) set(changed)
  }
  const follower: Follower = {
    event(data, event) {
      const reduce = (reducer.on as Record<string, Reduce<State> | undefined>)[event.type]
      if (reduce) next(`"${event.type}"`, (state) => reduce(state, data, event))
    },
    gap(gap) {
      const { onGap } = reducer
      if (typeof onGap === 'function') next('a gap', (state) => onGap(state, gap))
      else if (onGap === 'reset') set(reducer.initial)
    },
  }
  const following = begin(source, Object.keys(reducer.on), follower)
  return {
    get() {
      following.flush?.()
      return store.get()
    },
    subscribe(listener) {
      const remove = store.subscribe(listener)
      const unwatch = following.watch?.()
      return () => {
        remove()
        unwatch?.()
      }
    },
  }
}

type Reduce<State> = (state: State, data: unknown, event: unknown) => State

function begin(source: object, types: readonly string[], follower: Follower): Following {
  const { [follow]: own, on, onGap } = source as Partial<Followable & PlainSource>
  if (own) return own.call(source, types, follower)
  if (!on) throw invalidOption('source', source, 'give a subscription or a channel')
  for (const type of types) on.call(source, type, follower.event)
  onGap?.call(source, follower.gap)
  return {}
}
