/** Reads the stream at a URL and calls back for each event with its data; answers the function that ends it. */
export type Contestant = (url: string, onData: (data: unknown) => void) => Promise<() => void>

const withParser =
  (read: (data: string) => unknown): Contestant =>
  async (url, onData) => {
    const { createParser } = await import('eventsource-parser')
    const controller = new AbortController()
    const { body } = await fetch(url, { signal: controller.signal })
    const parser = createParser({ onEvent: (event) => onData(read(event.data)) })
    const decoder = new TextDecoder()
    const reading = async () => {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        parser.feed(decoder.decode(chunk, { stream: true }))
      }
    }
    reading().catch(() => {})
    return () => controller.abort()
  }

const eventwire =
  (raw: boolean): Contestant =>
  async (url, onData) => {
    const { subscribe } = await import('../../dist/client/index.js')
    const { defineEvents, text } = await import('../../dist/index.js')
    const subscription = raw
      ? subscribe(url, { events: defineEvents({ message: text() }) })
      : subscribe<{ message: unknown }>(url)
    subscription.on('message', onData)
    return () => subscription.close()
  }

/** Reads the body and counts the ends of events; nobody could use it. */
const bodyAlone: Contestant = async (url, onData) => {
  const controller = new AbortController()
  const { body } = await fetch(url, { signal: controller.signal })
  const LINE_FEED = 10
  let before = 0
  const reading = async () => {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) {
        if (at === 0 ? before === LINE_FEED : chunk[at - 1] === LINE_FEED) onData(undefined)
      }
      before = chunk.at(-1)!
    }
  }
  reading().catch(() => {})
  return () => controller.abort()
}

export const contestants: Record<string, Contestant> = {
  'floor: fetch body alone': bodyAlone,
  'floor: fetch + eventsource-parser, raw': withParser((data) => data),
  'eventwire, raw text': eventwire(true),
  'fetch + eventsource-parser + JSON.parse': withParser((data) => JSON.parse(data)),
  'eventwire, typed JSON': eventwire(false),

  async 'eventsource, raw'(url, onData) {
    const { EventSource } = await import('eventsource')
    const source = new EventSource(url)
    source.onmessage = ({ data }) => onData(data)
    return () => source.close()
  },

  async 'eventsource-client, raw'(url, onData) {
    const { createEventSource } = await import('eventsource-client')
    const source = createEventSource({ url, onMessage: ({ data }) => onData(data) })
    return () => source.close()
  },

  async '@microsoft/fetch-event-source, raw'(url, onData) {
    // It reads document and window, which Node has not.
    Object.assign(globalThis, {
      document: { hidden: false, addEventListener() {}, removeEventListener() {} },
      window: { setTimeout, clearTimeout, fetch },
    })
    const { fetchEventSource } = await import('@microsoft/fetch-event-source')
    const { signal, abort } = (() => {
      const controller = new AbortController()
      return { signal: controller.signal, abort: () => controller.abort() }
    })()
    fetchEventSource(url, { signal, openWhenHidden: true, onmessage: ({ data }) => onData(data) })
    return abort
  },

  async 'undici EventSource, raw'(url, onData) {
    const { EventSource } = await import('undici')
    const source = new EventSource(url)
    source.onmessage = ({ data }) => onData(data)
    return () => source.close()
  },
}
