import { controlIn } from '../../shared/wire/control-comment.ts'
import { CURSOR_EVENT, END_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import type { Message } from '../../shared/wire/parse.ts'
import type { SubscribeOptions } from '../options.ts'
import { CursorTracker } from '../subscription/cursor-tracker.ts'
import { Dispatcher } from '../subscription/dispatch.ts'
import { Lifecycle } from '../subscription/lifecycle.ts'
import { readGap } from '../subscription/read-control.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'
import type { Transport, TransportReceiver, TransportRequest } from '../transport/transport.ts'
import type { Connection, Item } from './posts.ts'

/** The callbacks of the connection. */
export interface UpstreamOwner {
  /** Begins an attempt. */
  connecting(): Connection
  /** Returns the URL of the attempt. */
  url(): string | URL
  received(items: readonly Item[]): void
  /** Resolves when the tab can take more messages; `undefined` when it can now. */
  ready(): Promise<void> | undefined
  stateChanged(state: SubscriptionState): void
}

/** The leader's connection to the server: a subscription whose messages are passed on unchanged. */
export class Upstream {
  readonly #options: SubscribeOptions<any> & { readonly transport: Transport }
  readonly #owner: UpstreamOwner
  #lifecycle: Lifecycle | undefined

  constructor(options: SubscribeOptions<any> & { readonly transport: Transport }, owner: UpstreamOwner) {
    this.#options = options
    this.#owner = owner
  }

  /** Whether the connection is open, or the leader is connecting. */
  get isOpen(): boolean {
    return this.#lifecycle !== undefined
  }

  /** Connects anew. Does not shorten a delay of the retry policy. */
  connect(): void {
    const status = this.#lifecycle?.state.get().status
    if (!status) this.#begin()
    else if (status === 'connecting' || status === 'open') this.#lifecycle!.connect()
  }

  close(): void {
    const lifecycle = this.#lifecycle
    this.#lifecycle = undefined
    lifecycle?.close({ reason: 'client' })
  }

  #begin(): void {
    const owner = this.#owner
    const cursor = new CursorTracker('', undefined, () => {})
    cursor.load = async () => {
      const connection = owner.connecting()
      cursor.received = connection.start
      // A cursor that is too long for a header is not sent.
      connection.start = cursor.sendable
    }
    const dispatcher = new Dispatcher(() => undefined, cursor)
    dispatcher.ready = () => owner.ready()
    // The states carry the errors.
    dispatcher.errors.add(() => {})
    const transport = { connect: this.#connect }
    const source = { url: () => owner.url(), options: this.#options, transport, cursor, listen: () => {} }
    const lifecycle = new Lifecycle(source, dispatcher)
    this.#lifecycle = lifecycle
    lifecycle.state.subscribe((state) => {
      if (this.#lifecycle !== lifecycle) return
      if (state.status === 'closed') this.#lifecycle = undefined
      owner.stateChanged(state)
    })
  }

  readonly #connect = (request: TransportRequest, receiver: TransportReceiver): ReturnType<Transport['connect']> => {
    let items: Item[] = []
    let last = request.lastEventId
    let [preamble, quiet] = [false, true]
    const flush = () => {
      const batch = items
      items = []
      if (batch.length > 0 && !request.signal.aborted) this.#owner.received(batch)
    }
    const take = ({ type, data, id: given, topics }: Message) => {
      const id = type === GAP_EVENT ? readGap(data, given).id : given
      quiet = false
      // The end is reported as a state, not as a message.
      if (type === END_EVENT) return flush()
      if (items.push([type, data, id === last && type !== CURSOR_EVENT ? '' : id, topics]) === 1) queueMicrotask(flush)
      last = id
    }
    return this.#options.transport
      .connect(request, {
        ...receiver,
        message(message) {
          take(message)
          receiver.message(message)
        },
        comment(text) {
          const control = controlIn(text, last)
          if (control) take(control)
          // A heartbeat behind the preamble shows that there is no history to replay. With controls as comments, nothing else does.
          else if (preamble && quiet && last !== '') take({ type: CURSOR_EVENT, data: '{}', id: last })
          preamble = true
          receiver.comment(text)
        },
        alive(id) {
          if (id !== undefined && id !== last) take({ type: CURSOR_EVENT, data: '{}', id })
          flush()
          receiver.alive(id)
        },
      })
      .finally(flush)
  }
}
