import type { EventwireError } from '../../shared/errors.ts'
import { report } from '../../shared/report.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'
import type { Topic } from './topic.ts'

/** The topics of this page. A listener may add and close topics while others are notified. */
export class Topics {
  readonly #all = new Set<Topic>()

  add(topic: Topic): void {
    this.#all.add(topic)
  }

  /** @returns whether it was there. */
  delete(topic: Topic): boolean {
    return this.#all.delete(topic)
  }

  show(state: SubscriptionState): void {
    if (state.status === 'closed') this.close(state)
    else for (const topic of [...this.#all]) topic.show(state)
  }

  failed(error: EventwireError): void {
    for (const topic of [...this.#all]) topic.failed(error)
  }

  /** Closes all topics, or the topics with some names. An error without a listener is reported as uncaught, once. */
  close(closed: CloseInfo, names?: readonly string[]): void {
    let reported = false
    let count = 0
    for (const topic of [...this.#all]) {
      if (names && !topic.names.some(({ name }) => names.includes(name))) continue
      reported = topic.close(closed) || reported
      count++
    }
    if (closed.error && count > 0 && !reported) report(closed.error)
  }

  /** Resolves when a full loop has room again; `undefined` when no loop is full. */
  ready(): Promise<void> | undefined {
    for (const { dispatcher } of this.#all) {
      const room = dispatcher.ready()
      if (room) return room
    }
    return undefined
  }
}
