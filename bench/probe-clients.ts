/** The clients that the probes compare, behind one face: raw text in, nothing else. */
import { subscribe } from '../src/client/index.ts'
import { eventsWithCodec } from '../src/index.ts'

/** Subscribes, reports each message, returns what closes it. Errors are the client's own business. */
export type ProbedClient = (url: string, onMessage: (data: string, id: string | undefined) => void) => () => void

const text = eventsWithCodec<{ message: string }>({ encode: String, decode: (text) => text })

export const clients: { readonly [name: string]: () => Promise<ProbedClient> } = {
  eventwire: async () => (url, onMessage) => {
    const subscription = subscribe(url, { events: text })
    subscription.on('message', (data, { id }) => onMessage(data, id))
    subscription.onError(() => {})
    return subscription.close
  },
  'eventsource 5.1.5': async () => {
    const { EventSource } = await import('eventsource')
    return (url, onMessage) => {
      const source = new EventSource(url)
      source.onmessage = ({ data, lastEventId }) => onMessage(data, lastEventId)
      source.onerror = () => {}
      return () => source.close()
    }
  },
  'eventsource-client 1.2.0': async () => {
    const { createEventSource } = await import('eventsource-client')
    return (url, onMessage) => {
      const source = createEventSource({ url, onMessage: ({ data, id }) => onMessage(data, id) })
      return () => source.close()
    }
  },
  'fetch-event-source 2.0.1': async () => {
    // It was made for pages; this is as much of one as it asks for.
    const page = { hidden: false, addEventListener() {}, removeEventListener() {} }
    Object.assign(globalThis, { window: globalThis, document: page })
    const { fetchEventSource } = await import('@microsoft/fetch-event-source')
    return (url, onMessage) => {
      const controller = new AbortController()
      const onmessage = ({ data, id }: { data: string; id: string }) => data && onMessage(data, id)
      fetchEventSource(url, { signal: controller.signal, openWhenHidden: true, onmessage }).catch(() => {})
      return () => controller.abort()
    }
  },
}
