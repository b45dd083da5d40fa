import type { SubscribeOptions } from '../options.ts'
import { CursorTracker } from '../subscription/cursor-tracker.ts'
import { Dispatcher } from '../subscription/dispatch.ts'
import { Lifecycle } from '../subscription/lifecycle.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'
import type { Transport } from '../transport/transport.ts'
import type { Connection, Item } from './posts.ts'

/** Returns the URL for topics, of which `added` are new to a tab. */
export type UrlOf = (topics: readonly string[], added: readonly string[]) => string | URL

/** The callbacks of the connection. */
export interface UpstreamOwner {
  /** Begins an attempt. */
  connecting(): Connection
  received(items: readonly Item[]): void
  /** Resolves when the tab can take more messages; `undefined` when it can now. */
  ready(): Promise<void> | undefined
  stateChanged(state: SubscriptionState): void
}

/** Opens the leader's connection to the server: a subscription whose messages are passed on unchanged. */
export function openUpstream(
  url: UrlOf,
  options: SubscribeOptions<any>,
  transport: Transport,
  owner: UpstreamOwner,
): Lifecycle {
  let connection: Connection
  const items: Item[] = []
  /** The id behind the last message, and the one before the cursor has moved. */
  let [last, before] = ['', '']
  /** The number of comments before the first message. */
  let comments: number
  const flush = () => {
    owner.received(items.splice(0))
  }
  const push = (item: Item) => {
    const { id } = item
    if (items.push(id === last ? { ...item, id: '' } : item) === 1) queueMicrotask(flush)
    last = id
    comments = 2
  }
  const cursor = new CursorTracker('', undefined, () => {})
  const dispatcher = new Dispatcher(() => undefined, cursor)
  const urlNow = () => url(connection.topics, connection.added)
  const lifecycle = new Lifecycle({ url: urlNow, options, transport, cursor, listen: () => {} }, dispatcher)
  cursor.load = async () => {
    connection = owner.connecting()
    cursor.received = connection.start
    // A cursor that is too long for a header is not sent.
    last = connection.start = cursor.sendable
    comments = 0
  }
  cursor.track = (id) => {
    before = last
    last = ''
    push({ id })
    return undefined
  }
  dispatcher.ready = () => owner.ready()
  dispatcher.accept = push
  // The states carry the errors.
  dispatcher.errors.add(() => {})
  lifecycle.gaps.add((gap) => {
    // The receiver has just moved the cursor behind the gap.
    items.pop()
    last = before
    push({ id: gap.id, gap })
  })
  // A heartbeat behind the preamble shows that there is no history to replay. With controls as comments, nothing else does.
  lifecycle.comments.add(() => ++comments === 2 && last !== '' && cursor.track(last))
  lifecycle.state.subscribe((state) => {
    flush()
    // The leader knows of what it closes itself.
    if (state.status !== 'closed' || state.reason !== 'client') owner.stateChanged(state)
  })
  return lifecycle
}
