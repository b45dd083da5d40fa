import type { EventwireError } from '../../shared/errors.ts'
import { type Followable, follow } from '../../shared/fold/source.ts'
import type { Listeners } from '../../shared/listeners.ts'
import type { Store } from '../../shared/store.ts'
import type { Gap } from '../../shared/wire/gap.ts'
import type { Dispatcher } from './dispatch.ts'
import { firstOf } from './first-of.ts'
import type { CloseInfo, ListenerOptions, SubscriptionState } from './subscription.ts'

/** The parts behind an object that delivers events. */
export interface ListenableParts {
  readonly dispatcher: Dispatcher
  readonly gaps: Listeners<Gap>
  readonly state: Store<SubscriptionState>
  readonly close: () => void
  readonly lastEventId: () => string
  /** Called before a listener or loop is attached that takes every event. */
  readonly beforeAny?: (() => void) | undefined
  /** Of a lazy subscription, which does not connect for a fold: counts a watcher of the fold's store. */
  readonly watch?: (() => () => void) | undefined
}

/** The methods that subscriptions and the topics of a hub have in common. */
export function createListenable({
  dispatcher,
  gaps,
  state,
  close,
  lastEventId,
  beforeAny,
  watch,
}: ListenableParts): object {
  const opened = firstOf<void>(state, undefined, (resolve) =>
    state.subscribe(({ status }) => status === 'open' && resolve()),
  )
  opened.catch(() => {})
  const iterate = (types: readonly string[]) => ({
    [Symbol.asyncIterator]() {
      if (types.length === 0) beforeAny?.()
      for (const type of types) dispatcher.listen(type)
      return dispatcher.iterate(types, state.get())
    },
  })
  const on = (type: string, listener: (data: any, event: any) => void, options?: ListenerOptions) =>
    state.get().status === 'closed' ? () => {} : dispatcher.listen(type).add(listener, options)
  const followable: Followable = {
    [follow](types, { event, gap }) {
      const reporting = (call: (...received: any[]) => void) => (first: unknown, second?: unknown) => {
        try {
          call(first, second)
        } catch (error) {
          dispatcher.emitError(error as EventwireError)
        }
      }
      if (watch) dispatcher.passive += types.length
      for (const type of types) on(type, reporting(event))
      gaps.add(reporting(gap))
      return { watch }
    },
  }
  return {
    ...iterate([]),
    ...followable,
    state,
    opened,
    closed: new Promise((resolve) =>
      state.subscribe(({ status, ...closed }) => status === 'closed' && resolve(closed as CloseInfo)),
    ),
    get status() {
      return state.get().status
    },
    get lastEventId() {
      return lastEventId()
    },
    on,
    once: (type: string, { signal }: Pick<ListenerOptions, 'signal'> = {}) =>
      firstOf(state, signal, (resolve) => on(type, (_, event) => resolve(event))),
    onAny(listener: (event: any) => void, options?: ListenerOptions) {
      beforeAny?.()
      return dispatcher.any.add(listener, options)
    },
    onError: (listener: (error: any) => void, options?: ListenerOptions) => dispatcher.errors.add(listener, options),
    onGap: (listener: (gap: Gap) => void, options?: ListenerOptions) => gaps.add(listener, options),
    events: (...types: string[]) => iterate(types),
    close,
    [Symbol.dispose]: close,
  }
}

/** Delivers the end. @returns whether a listener or loop receives the error. */
export function closeListenable(
  { dispatcher, gaps }: Pick<ListenableParts, 'dispatcher' | 'gaps'>,
  { reason, error }: CloseInfo,
): boolean {
  const reported = error !== undefined && dispatcher.errors.emit(error)
  const looped = dispatcher.close(reason === 'client' || reason === 'aborted', error)
  gaps.clear()
  return reported || looped
}
