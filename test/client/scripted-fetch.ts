import type { FetchLike } from '../../src/client/index.ts'

type FetchInit = Parameters<FetchLike>[1]

export interface Call {
  readonly url: string
  /** The second argument of `fetch`, its headers as `Headers`. */
  readonly init: Omit<FetchInit, 'headers'> & { readonly headers: Headers }
  /** When it came, as `Date.now()` counts. */
  readonly at: number
}

export type Responder = (call: Call) => Response | Promise<Response>

export interface ScriptedFetch extends FetchLike {
  readonly calls: Call[]
  /** Calls whose response body is still open. */
  readonly inFlight: () => number
}

/** A `fetch` that answers the first call with the first answer, and so on; the last one answers the rest. */
export function scriptedFetch(...answers: Responder[]): ScriptedFetch {
  const calls: Call[] = []
  const running = new Set<Call>()
  const fetch = async (url: string, init: FetchInit) => {
    const call = { url, init: { ...init, headers: new Headers(init.headers) }, at: Date.now() }
    calls.push(call)
    running.add(call)
    init.signal.addEventListener('abort', () => running.delete(call))
    try {
      init.signal.throwIfAborted()
      return await answers[Math.min(calls.length, answers.length) - 1]!(call)
    } catch (error) {
      running.delete(call)
      throw error
    }
  }
  return Object.assign(fetch, { calls, inFlight: () => running.size })
}

const STREAM = { 'Content-Type': 'text/event-stream' }
const encode = (text: string) => new TextEncoder().encode(text)

/** A stream with these bytes that stays open until it is aborted; `later` sends more. */
export function open(text = '', later?: (send: (text: string) => void, end: () => void) => void): Responder {
  return ({ init }) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        if (text !== '') controller.enqueue(encode(text))
        let over = false
        const finish = (how: () => void) => {
          if (!over) how()
          over = true
        }
        init.signal.addEventListener('abort', () => finish(() => controller.error(init.signal.reason)))
        later?.(
          (more) => over || controller.enqueue(encode(more)),
          () => finish(() => controller.close()),
        )
      },
    })
    return new Response(body, { headers: STREAM })
  }
}

/** A stream with these bytes that ends. */
export function ending(text = ''): Responder {
  return () => new Response(text, { headers: STREAM })
}

export function status(code: number, headers: Record<string, string> = {}, body = ''): Responder {
  return () => new Response([204, 205, 304].includes(code) ? null : body, { status: code, headers })
}

export function failing(message = 'connection refused'): Responder {
  return () => Promise.reject(new TypeError(message))
}

/** A stream that breaks after this text. */
export function breaking(text = ''): Responder {
  return () => {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
        pull: (controller) => controller.error(new TypeError('terminated')),
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
  }
}
