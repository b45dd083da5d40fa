import type { EventwireError } from '../../shared/errors.ts'
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
import type { Item } from './posts.ts'

/** The callbacks of the connection. */
export interface UpstreamOwner {
  /** Returns the URL of the next attempt. */
  url(): string | URL
  /** Called before each attempt, with its cursor. */
  connecting(start: string): void
  received(items: readonly Item[]): void
  /** Resolves when the tab can take more messages; `undefined` when it can now. */
  ready(): Promise<void> | undefined
  changed(state: SubscriptionState): void
  failed(error: EventwireError): void
}

/** The leader's connection to the server: a subscription whose messages are passed on unchanged. */
export class Upstream {
  readonly #options: SubscribeOptions<any>
  readonly #transport: Transport
  readonly #owner: UpstreamOwner
  #lifecycle: Lifecycle | undefined
  #cursor: CursorTracker | undefined

  constructor(options: SubscribeOptions<any>, transport: Transport, owner: UpstreamOwner) {
    this.#options = options
    this.#transport = transport
    this.#owner = owner
  }

  /** Whether the connection is open, or the leader is connecting. */
  get isOpen(): boolean {
    return this.#lifecycle !== undefined
  }

  /** Connects from a cursor. Does not shorten a delay of the retry policy. */
  connect(start: string): void {
    if (!this.#lifecycle) this.#begin(start)
    else {
      this.#cursor!.received = start
      const { status } = this.#lifecycle.state.get()
      if (status === 'connecting' || status === 'open') this.#lifecycle.connect()
    }
  }

  close(): void {
    const lifecycle = this.#lifecycle
    this.#lifecycle = undefined
    lifecycle?.close({ reason: 'client' })
  }

  #begin(start: string): void {
    const owner = this.#owner
    const cursor = new CursorTracker(start, undefined, () => {})
    const dispatcher = new Dispatcher(() => undefined, cursor)
    dispatcher.ready = () => owner.ready()
    const transport = { connect: this.#connect }
    const source = { url: () => owner.url(), options: this.#options, transport, cursor, listen: () => {} }
    const lifecycle = new Lifecycle(source, dispatcher)
    this.#cursor = cursor
    this.#lifecycle = lifecycle
    // The state of a close has its error.
    dispatcher.errors.add((error) => this.#lifecycle === lifecycle && owner.failed(error))
    lifecycle.state.subscribe((state) => {
      if (this.#lifecycle !== lifecycle) return
      if (state.status === 'closed') this.#lifecycle = undefined
      owner.changed(state)
    })
  }

  readonly #connect = async (
    request: TransportRequest,
    receiver: TransportReceiver,
  ): ReturnType<Transport['connect']> => {
    const owner = this.#owner
    let items: Item[] = []
    let last = request.lastEventId
    let [preamble, quiet] = [false, true]
    const flush = () => {
      const batch = items
      items = []
      if (batch.length > 0 && !request.signal.aborted) owner.received(batch)
    }
    const take = ({ type, data, id: given, topics }: Message) => {
      const id = type === GAP_EVENT ? readGap(data, given).id : given
      last = id
      quiet = false
      // The end is reported as a state, not as a message.
      if (type === END_EVENT) flush()
      else if (items.push(topics ? [type, data, id, topics] : [type, data, id]) === 1) queueMicrotask(flush)
    }
    owner.connecting(last)
    try {
      return await this.#transport.connect(request, {
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
          if (id !== undefined && id !== last) {
            last = id
            items.push([CURSOR_EVENT, '{}', id])
          }
          flush()
          receiver.alive(id)
        },
      })
    } finally {
      flush()
    }
  }
}
