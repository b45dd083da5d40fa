import { EventwireError } from '../../shared/errors.ts'
import { CURSOR_EVENT, END_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import type { SubscribeOptions } from '../options.ts'
import type { Transport } from './transport.ts'

/** The part of an EventSource that the client uses: of the browser's own, the `eventsource` package's, a mock. */
type EventSourceLike = new (
  url: string,
  init?: { withCredentials?: boolean },
) => {
  readonly readyState: number
  addEventListener(type: string, listener: (event: any) => void): void
  close(): void
}

const FETCH_ONLY = 'accept body fetch headers json maxEventSize method onUnauthorized resume'.split(
  ' ',
) as (keyof SubscribeOptions<any>)[]
const CLOSED = 2

/**
 * Subscribes through another EventSource. It retries by itself as long as it can; when it gives up, the subscription's
 * policy makes a new one with the cursor in the query. Comments, status codes and back-pressure are beyond it, and
 * `onAny` and loops need the names of `events`. Without an EventSource, the subscription closes with
 * `invalid-option`.
 *
 * @example
 * import { eventSourceTransport, subscribe } from 'eventwire/client'
 * import { EventSource } from 'eventsource' // a browser has one of its own: eventSourceTransport()
 *
 * const transport = eventSourceTransport(EventSource)
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events', { transport })
 * subscription.on('ping', ({ time }) => console.log(time)) // -> 12:00
 */
export function eventSourceTransport(EventSource?: EventSourceLike): Transport {
  return {
    byName: true,
    refuses: (options) => refused(options),
    connect: ({ url, options, signal, listen }, receiver) =>
      new Promise((resolve, reject) => {
        const Source = EventSource ?? (globalThis as { EventSource?: EventSourceLike }).EventSource
        if (!Source)
          throw new EventwireError('invalid-option', 'EventSource is not defined; give one to eventSourceTransport()')
        const source = new Source(url, { withCredentials: options.credentials === 'include' })
        signal.addEventListener('abort', () => source.close())
        const add = (type: string, listener: (event: any) => void) =>
          source.addEventListener(type, (event) => signal.aborted || listener(event))
        // Only a server's event has data, which distinguishes an event named "error" or "open" from the platform's own.
        const deliver = (type: string) =>
          add(
            type,
            ({ data, lastEventId: id = '' }) => typeof data === 'string' && receiver.message({ type, data, id }),
          )
        add('open', (event) => 'data' in event || receiver.open(url, new Headers()))
        add('error', (event) => {
          if ('data' in event) return
          const { code: status, message = 'the EventSource lost its connection' } = event
          if (source.readyState !== CLOSED) receiver.interrupted(message)
          else if (status === 204) resolve('stopped')
          else if (status > 0) {
            reject(
              new EventwireError('http-status', `${url} responded with ${status}; a stream needs 200`, { status, url }),
            )
          } else reject(message)
        })
        for (const type of [CURSOR_EVENT, GAP_EVENT, END_EVENT]) deliver(type)
        listen(deliver)
      }),
  }
}

function refused(options: SubscribeOptions<any>): string | undefined {
  const { credentials, cursorIn, idleTimeout } = options
  if (credentials === 'omit') return 'credentials'
  if (cursorIn === 'header') return 'cursorIn'
  if (typeof idleTimeout === 'number') return 'idleTimeout'
  return FETCH_ONLY.find((name) => options[name] !== undefined)
}
