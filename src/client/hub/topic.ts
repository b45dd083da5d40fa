import type { EventwireError } from '../../shared/errors.ts'
import type { DecoderLookup } from '../../shared/events/define-events.ts'
import { Listeners } from '../../shared/listeners.ts'
import { createStore, type Store } from '../../shared/store.ts'
import type { Gap } from '../../shared/wire/gap.ts'
import { CursorTracker } from '../subscription/cursor-tracker.ts'
import { Dispatcher } from '../subscription/dispatch.ts'
import { closeListenable, createListenable } from '../subscription/listenable.ts'
import { reportData } from '../subscription/report-data.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'
import type { Item } from './posts.ts'
import type { TopicUse } from './tab.ts'
import type { HubState, HubTopic } from './types.ts'

/** The part of a hub that its topics use. */
export interface TopicOwner {
  readonly share: 'page' | 'tabs'
  readonly lookup: DecoderLookup
  lastEventId(): string
  /** Called when a topic was closed, by its user or by the hub. */
  left(topic: Topic): void
}

/** One topic name of a `Topic`. */
export interface TopicName extends TopicUse {
  readonly topic: Topic
}

/** The result of `hub.topics()`: listeners for some topic names. The hub delivers their events. */
export class Topic {
  readonly names: readonly TopicName[]
  readonly listenable: HubTopic<any>
  readonly dispatcher: Dispatcher
  readonly #owner: TopicOwner
  readonly #gaps = new Listeners<Gap>()
  readonly #state: Store<HubState>
  readonly #set: (state: HubState) => void
  #last: Item | undefined

  constructor(names: readonly string[], owner: TopicOwner, initial: SubscriptionState) {
    this.#owner = owner
    this.names = names.map((name) => ({ name, joined: false, topic: this }))
    ;[this.#state, this.#set] = createStore<HubState>({ ...initial, share: owner.share })
    this.dispatcher = new Dispatcher(owner.lookup, new CursorTracker('', undefined, () => {}))
    this.dispatcher.owner = {
      consumersChanged: (left) => {
        if (left && this.dispatcher.consumers === 0) this.close({ reason: 'client' })
      },
      dataRefused: (error) => {
        const state = this.#state.get()
        if (state.status === 'open') this.#set({ ...state, error })
        reportData(error)
      },
    }
    this.listenable = createListenable({
      dispatcher: this.dispatcher,
      gaps: this.#gaps,
      state: this.#state,
      close: () => this.close({ reason: 'client' }),
      lastEventId: () => owner.lastEventId(),
    }) as HubTopic<any>
  }

  /** Delivers an event for one of its names. The hub calls this once for an event that matches several names. */
  deliver(item: Item): void {
    if (item === this.#last) return
    this.#last = item
    const [type, data, id, topics] = item
    this.dispatcher.accept(topics ? { type, data, id, topics } : { type, data, id })
  }

  missed(item: Item, gap: Gap): void {
    if (item === this.#last) return
    this.#last = item
    this.dispatcher.runInOrder(() => this.#gaps.emit(gap))
  }

  failed(error: EventwireError): void {
    this.dispatcher.errors.emit(error)
  }

  /** Shows a state of the connection. An open topic stays open while the hub replaces the connection; only a loss changes its status. */
  show(state: SubscriptionState): void {
    const shown = this.#state.get()
    const open = state.status === 'open'
    const ready = this.names.every(({ joined }) => joined)
    if (shown.status === 'closed' || (open && !ready) || (shown.status === 'open' && state.status === 'connecting'))
      return
    const same = state.status === shown.status && (open || (state as any).attempt === (shown as any).attempt)
    if (!same) this.#set({ ...state, share: this.#owner.share })
  }

  /** @returns whether a listener or loop receives the error. */
  close(closed: CloseInfo): boolean {
    if (this.#state.get().status === 'closed') return false
    this.#set({ status: 'closed', ...closed, share: this.#owner.share })
    const reported = closeListenable({ dispatcher: this.dispatcher, gaps: this.#gaps }, closed)
    this.#owner.left(this)
    return reported
  }
}
