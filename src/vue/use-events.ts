import {
  type ComputedRef,
  computed,
  getCurrentInstance,
  type MaybeRefOrGetter,
  onMounted,
  shallowRef,
  toValue,
  watch,
} from 'vue'
import { openEvents } from '../client/bindings/open-events.ts'
import type { EventsState, UseEventsOptions as Options } from '../client/bindings/types.ts'
import type { OptionsFor } from '../shared/events/options-for.ts'
import type { Reducer } from '../shared/fold/fold.ts'

/**
 * Options of `useEvents()`: those of `subscribe()`, and whether to connect.
 *
 * @example
 * import type { UseEventsOptions } from 'eventwire/vue'
 * import { shallowRef } from 'vue'
 *
 * const options: UseEventsOptions<{ message: string }> = { enabled: shallowRef(false) }
 * console.log(typeof options.enabled) // -> object
 */
export interface UseEventsOptions<Events extends object> extends Omit<Options<Events>, 'enabled'> {
  /**
   * Whether to connect. While it is `false` the state stays as it is; afterwards the client resumes from its cursor.
   * @default true
   */
  readonly enabled?: MaybeRefOrGetter<boolean> | undefined
}

/**
 * The state that `useEvents()` keeps for a component, each part as a ref.
 *
 * @example
 * import type { EventsRefs } from 'eventwire/vue'
 *
 * const isLive = ({ status }: EventsRefs<{ message: string }, string[]>): boolean => status.value === 'open'
 * console.log(typeof isLive) // -> function
 */
export type EventsRefs<Events extends object, State> = {
  readonly [Part in keyof EventsState<Events, State>]: ComputedRef<EventsState<Events, State>[Part]>
}

/**
 * Subscribes to a server's events while the component is mounted, and folds them into a state.
 *
 * The connection is made when the component has mounted, and the reducer is attached before: no event is lost, however soon the server
 * responds. Where a server renders, the state is the initial one and nothing is requested. Another URL begins anew from the initial
 * state. Outside a component, in an `effectScope()`, it connects at once and disconnects with the scope.
 *
 * @example
 * import type { Reducer } from 'eventwire'
 * import { useEvents } from 'eventwire/vue'
 * import { createSSRApp, h } from 'vue'
 * import { renderToString } from 'vue/server-renderer'
 *
 * const list: Reducer<{ added: string }, readonly string[]> = {
 *   initial: [],
 *   on: { added: (items, item) => [...items, item] },
 * }
 * const List = {
 *   setup() {
 *     const { state, status } = useEvents('/list', list)
 *     return () => h('p', { class: status.value }, `${state.value.length} items`)
 *   },
 * }
 * console.log(await renderToString(createSSRApp(List))) // -> <p class="paused">0 items</p>
 *
 * @throws {EventwireError} `invalid-option` for a URL that is not one and for an option that makes no sense.
 */
export function useEvents<Events extends object, State>(
  url: MaybeRefOrGetter<string | URL>,
  reducer: Reducer<Events, State>,
  ...optionsWithEvents: OptionsFor<Events, UseEventsOptions<Events>>
): EventsRefs<Events, State> {
  const { enabled = true, ...options }: UseEventsOptions<Events> = optionsWithEvents[0] ?? {}
  const open = () => openEvents(toValue(url), reducer, options)
  let events = open()
  const present = shallowRef(events.get())
  const component = getCurrentInstance()
  const mounted = shallowRef(component === null)
  if (component) {
    onMounted(() => {
      mounted.value = true
    })
  }
  watch(
    [() => `${toValue(url)}`, () => mounted.value && toValue(enabled)],
    ([address, connects], _, onCleanup) => {
      if (address !== events.url) events = open()
      present.value = events.get()
      if (connects) onCleanup(events.subscribe((next) => (present.value = next)))
    },
    { immediate: true, flush: 'sync' },
  )
  return {
    state: computed(() => present.value.state),
    status: computed(() => present.value.status),
    error: computed(() => present.value.error),
    subscription: computed(() => present.value.subscription),
  }
}
