import { onAbort } from '../../shared/abort.ts'
import { invalidOption } from '../../shared/errors.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import { checkOptions } from '../subscription/check-options.ts'
import { fetchTransport } from '../transport/fetch-transport.ts'
import { SharedConnection } from './shared-connection.ts'
import { topicList } from './topic-list.ts'
import type { Hub, HubOptions, TopicList } from './types.ts'

/** Options of a subscription that a shared connection cannot have. */
const FOREIGN = ['lazy', 'pauseHidden', 'storage', 'until'] as const

/**
 * Creates a hub: one connection for all topics of a page, or of all tabs of a browser. When the set of topics changes, the hub
 * reconnects from the same cursor, and no event is lost or doubled. Without topics there is no connection.
 *
 * The hub calls `url` with the topics to read, and with the subset that is new to a tab. If the URL carries that subset (`&new=`), the
 * server can send a snapshot of the new topics.
 *
 * @example
 * import { createHub } from 'eventwire/hub'
 *
 * type Events = { ping: { time: string } }
 * const hub = createHub<Events>((topics) => `https://example.com/events?topics=${topics}`)
 * const clock = hub.topics('clock')
 * clock.on('ping', ({ time }) => console.log(time)) // -> 12:00
 *
 * @throws {EventwireError} `invalid-option` for a URL that is not valid and for an option that makes no sense.
 * @throws {TypeError} as `subscribe()` does.
 */
export function createHub<Events extends object = AnyEvents>(
  url: (topics: TopicList, added: TopicList) => string | URL,
  ...optionsWithEvents: OptionsFor<Events, HubOptions<Events>>
): Hub<Events> {
  const [{ share = 'page', key, settle = 200, signal, ...options } = {}]: [(HubOptions<Events> | undefined)?] =
    optionsWithEvents
  const { transport = fetchTransport } = options
  if (typeof url !== 'function') throw invalidOption('url', url, 'give a function of the topics')
  if (share !== 'page' && share !== 'tabs') throw invalidOption('share', share, "give 'page' or 'tabs'")
  const isKey = (typeof key === 'string' && key !== '') || Number.isFinite(key)
  if (!isKey && (share === 'tabs' || key !== undefined)) {
    throw invalidOption('key', key, 'give the id of the user, so that users share nothing')
  }
  if (!(settle >= 0 && settle < Infinity)) throw invalidOption('settle', settle, 'give milliseconds')
  for (const name of FOREIGN) {
    if ((options as any)[name] !== undefined)
      throw invalidOption(name, (options as any)[name], 'a hub has no such option')
  }
  if (transport.byName) throw new TypeError('a hub needs a transport that receives topics; leave `transport` out')
  const urlOf = (topics: readonly string[], added: readonly string[]) => url(topicList(topics), topicList(added))
  checkOptions(`${urlOf([], [])}`, { ...options, lazy: true }, transport)
  const connection = new SharedConnection(urlOf, { ...options, transport, share, key, settle })
  const close = () => connection.close({ reason: 'client' })
  if (signal?.aborted) connection.close({ reason: 'aborted' })
  else if (signal) onAbort(signal, () => connection.close({ reason: 'aborted' }))
  return {
    topics(...names) {
      for (const name of names) checkTopic(name)
      return connection.topic([...new Set(names)]).listenable
    },
    close,
    end: () => connection.end(),
    [Symbol.dispose]: close,
  }
}

/** @throws {EventwireError} `invalid-option` */
function checkTopic(name: unknown): void {
  if (typeof name !== 'string') throw invalidOption('topic', name, 'give a name')
  if (name === '' || /[\r\n]/.test(name)) throw invalidOption('topic', name, 'give a name of one line')
}
