import type { Channel, ReaderOptions } from '../../../src/server/index.ts'

/** One response to a poll. */
export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly messages: readonly { type: string; id: string; data: string; topics?: string[] }[]
  /** The offset to read on from. */
  readonly next: string
}

/** Makes requests for pages to a channel. */
export function pagesFrom(channel: Channel<any, Promise<Response>>, options?: ReaderOptions<any>) {
  return async (query: string, init: RequestInit = {}): Promise<Page> => {
    const response = await channel.response(new Request(`http://127.0.0.1/events?${query}`, init), options)
    const { status, headers } = response
    const text = await response.text()
    const isJson = headers.get('Content-Type') === 'application/json' && text !== ''
    return {
      status,
      headers,
      text,
      messages: isJson ? JSON.parse(text) : [],
      next: headers.get('Stream-Next-Offset') ?? '',
    }
  }
}

/** The payloads of a page. */
export function payloads({ messages }: Page): unknown[] {
  return messages.map(({ data }) => JSON.parse(data))
}
