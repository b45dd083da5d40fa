import type { EventwireError } from '../../shared/errors.ts'
import type { DecoderLookup } from '../../shared/events/define-events.ts'
import { Listeners } from '../../shared/listeners.ts'
import { createStore, type Store } from '../../shared/store.ts'
import type { Gap } from '../../shared/wire/gap.ts'
import type { Message } from '../../shared/wire/parse.ts'
import { CursorTracker } from '../subscription/cursor-tracker.ts'
import { Dispatcher, type DispatchOwner } from '../subscription/dispatch.ts'
import { closeListenable, createListenable } from '../subscription/listenable.ts'
import { reportData } from '../subscription/report-data.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'
import type { TopicUse } from './tab.ts'
import type { HubState, HubTopic } from './types.ts'

export const CLOSED: SubscriptionState = { status: 'closed', reason: 'client' }

/** The part of a hub that its topics use. */
export interface TopicOwner {
  readonly share: 'page' | 'tabs'
  readonly lookup: DecoderLookup
  /** The latest state of the connection. */
  readonly state: SubscriptionState
  /** The id of the last event received. */
  readonly cursor: string
  /** Called when a topic was closed, by its user or by the hub. */
  remove(topic: Topic): void
}

/** The result of `hub.topics()`: listeners for some topic names. The hub delivers their events. */
export class Topic extends Dispatcher implements TopicUse, DispatchOwner {
  readonly names: readonly string[]
  joined = false
  readonly listenable: HubTopic<any>
  readonly #hub: TopicOwner
  readonly #gaps = new Listeners<Gap>()
  readonly #state: Store<HubState>
  readonly #set: (state: HubState) => void

  constructor(names: readonly string[], hub: TopicOwner, initial: SubscriptionState) {
    super(hub.lookup, new CursorTracker('', undefined, () => {}))
    this.owner = this
    this.#hub = hub
    this.names = names
    ;[this.#state, this.#set] = createStore<HubState>({ ...initial, share: hub.share })
    this.listenable = createListenable({
      dispatcher: this,
      gaps: this.#gaps,
      state: this.#state,
      close: () => {
        this.show(CLOSED)
      },
      lastEventId: () => hub.cursor,
    }) as HubTopic<any>
  }

  consumersChanged(loopEnded?: boolean): void {
    if (loopEnded && this.consumers === 0) this.show(CLOSED)
  }

  dataRefused(error: EventwireError): void {
    const state = this.#state.get()
    if (state.status === 'open') this.#set({ ...state, error })
    reportData(error)
  }

  deliver(message: Message): void {
    this.accept({ ...message, id: message.id || this.#hub.cursor })
  }

  missed(gap: Gap): void {
    this.runInOrder(() => this.#gaps.emit(gap))
  }

  opened(): void {
    this.show(this.#hub.state)
  }

  /**
   * Shows a state of the connection, and the error of a lost one. An open topic stays open while the hub replaces the connection; only a
   * loss changes its status.
   *
   * @returns whether a listener or loop receives the error that closes the topic.
   */
  show(state: SubscriptionState): boolean {
    const shown = this.#state.get()
    const { status } = state
    const isOpen = status === 'open'
    if (shown.status === 'closed' || (isOpen ? !this.joined : shown.status === 'open' && status === 'connecting'))
      return false
    if (status === shown.status && (isOpen || (state as any).attempt === (shown as any).attempt)) return false
    this.#set({ ...state, share: this.#hub.share })
    if (status === 'waiting') this.errors.emit(state.error!)
    if (status !== 'closed') return false
    const reported = closeListenable({ dispatcher: this, gaps: this.#gaps }, state)
    this.#hub.remove(this)
    return reported
  }
}
