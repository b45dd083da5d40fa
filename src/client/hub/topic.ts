import type { DecoderLookup } from '../../shared/events/define-events.ts'
import { Listeners } from '../../shared/listeners.ts'
import { createStore, type Store } from '../../shared/store.ts'
import type { Gap } from '../../shared/wire/gap.ts'
import { CursorTracker } from '../subscription/cursor-tracker.ts'
import { Dispatcher } from '../subscription/dispatch.ts'
import { closeListenable, createListenable } from '../subscription/listenable.ts'
import { readGap } from '../subscription/read-control.ts'
import { reportData } from '../subscription/report-data.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'
import type { Item } from './posts.ts'
import type { TopicUse } from './tab.ts'
import type { HubState, HubTopic } from './types.ts'

/** The part of a hub that its topics use. */
export interface TopicOwner {
  readonly share: 'page' | 'tabs'
  readonly lookup: DecoderLookup
  /** The id of the last event received. */
  readonly cursor: string
  /** Called when a topic was closed, by its user or by the hub. */
  remove(topic: Topic): void
}

/** The result of `hub.topics()`: listeners for some topic names. The hub delivers their events. */
export class Topic implements TopicUse {
  readonly names: readonly string[]
  joined = false
  readonly listenable: HubTopic<any>
  readonly dispatcher: Dispatcher
  readonly #owner: TopicOwner
  readonly #gaps = new Listeners<Gap>()
  readonly #state: Store<HubState>
  readonly #set: (state: HubState) => void

  constructor(names: readonly string[], owner: TopicOwner, initial: SubscriptionState) {
    this.#owner = owner
    this.names = names
    ;[this.#state, this.#set] = createStore<HubState>({ ...initial, share: owner.share })
    const close = () => {
      this.close({ reason: 'client' })
    }
    const dispatcher = new Dispatcher(owner.lookup, new CursorTracker('', undefined, () => {}))
    this.dispatcher = dispatcher
    dispatcher.owner = {
      consumersChanged: (left) => left && dispatcher.consumers === 0 && close(),
      dataRefused: (error) => {
        const state = this.#state.get()
        if (state.status === 'open') this.#set({ ...state, error })
        reportData(error)
      },
    }
    this.listenable = createListenable({
      dispatcher,
      gaps: this.#gaps,
      state: this.#state,
      close,
      lastEventId: () => owner.cursor,
    }) as HubTopic<any>
  }

  deliver([type, data, id, topics]: Item): void {
    id ||= this.#owner.cursor
    this.dispatcher.accept(topics ? { type, data, id, topics } : { type, data, id })
  }

  missed([, data, id]: Item): void {
    this.dispatcher.runInOrder(() => this.#gaps.emit(readGap(data, id)))
  }

  /**
   * Shows a state of the connection, and the error of a lost one. An open topic stays open while the hub replaces the connection; only a
   * loss changes its status.
   */
  show(state: SubscriptionState): void {
    const shown = this.#state.get()
    const { status } = state
    const isOpen = status === 'open'
    if (shown.status === 'closed' || (isOpen ? !this.joined : shown.status === 'open' && status === 'connecting'))
      return
    if (status === shown.status && (isOpen || (state as any).attempt === (shown as any).attempt)) return
    this.#set({ ...state, share: this.#owner.share })
    if (status === 'waiting') this.dispatcher.errors.emit(state.error!)
  }

  /** @returns whether a listener or loop receives the error. */
  close(closed: CloseInfo): boolean {
    if (this.#state.get().status === 'closed') return false
    this.#set({ status: 'closed', ...closed, share: this.#owner.share })
    const reported = closeListenable({ dispatcher: this.dispatcher, gaps: this.#gaps }, closed)
    this.#owner.remove(this)
    return reported
  }
}
