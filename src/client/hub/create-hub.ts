import { onAbort } from '../../shared/abort.ts'
import { refuseOption } from '../../shared/errors.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import { checkOptions } from '../subscription/check-options.ts'
import { fetchTransport } from '../transport/fetch-transport.ts'
import { SharedConnection } from './shared-connection.ts'
import { topicList } from './topic-list.ts'
import type { Hub, HubOptions, TopicList } from './types.ts'

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
  const [{ signal, ...options } = {}]: [(HubOptions<Events> | undefined)?] = optionsWithEvents
  const { transport = fetchTransport } = options
  checkHubOptions(options)
  const urlOf = (topics: readonly string[], added: readonly string[]) => url(topicList(topics), topicList(added))
  const base = `${urlOf([], [])}`
  checkOptions(base, { ...options, lazy: true } as object, transport)
  const connection = new SharedConnection(urlOf, base, options, transport)
  const close = () => connection.close()
  const abort = () => connection.close({ status: 'closed', reason: 'aborted' })
  if (signal?.aborted) abort()
  else if (signal) onAbort(signal, abort)
  return {
    topics(...names) {
      for (const name of names) {
        if (typeof name !== 'string' || !/^.+$/.test(name)) refuse('topic', name, 'a name of one line')
      }
      return connection.topic([...new Set(names)]).listenable
    },
    close,
    end: () => connection.end(),
    [Symbol.dispose]: close,
  }
}

function checkHubOptions(options: Record<string, any>): void {
  const { share = 'page', key, transport } = options
  if (share !== 'page' && share !== 'tabs') refuse('share', share, "'page' or 'tabs'")
  if (key === undefined ? share === 'tabs' : !(typeof key === 'string' ? key : Number.isFinite(key)))
    refuse('key', key, 'the id of the user')
  for (const name of ['lazy', 'pauseHidden', 'storage', 'until'])
    if (options[name] !== undefined) refuse(name, options[name], 'it to subscribe() only')
  if (transport?.byName) refuse('transport', 'by name', 'one that receives topics')
}

function refuse(name: string, is: unknown, instead: string): void {
  refuseOption(name, typeof is === 'string' ? JSON.stringify(is) : is, instead)
}
