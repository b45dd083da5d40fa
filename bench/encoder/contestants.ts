import { typeLookupOf } from '../../src/shared/events/define-events.ts'
import { encodePayload, typeToSend } from '../../src/shared/events/payload.ts'
import { toBytes } from '../../src/shared/wire/bytes.ts'
import { encodeEvent, eventFrame } from '../../src/shared/wire/encode.ts'

/** Where the bytes of an event go: no socket, no stream. */
export type Sink = (bytes: Uint8Array) => void
/** Writes one event; answers a promise where the library does. */
export type Encode = (type: string, payload: object) => void | Promise<unknown>

const find = typeLookupOf(undefined)
const encoder = new TextEncoder()

const written =
  (encode: (type: string, payload: object) => Uint8Array) =>
  async (sink: Sink): Promise<Encode> =>
  (type, payload) =>
    sink(encode(type, payload))

/** Each through what it offers to its users; what would go to a connection goes to the sink. */
export const contestants: { readonly [name: string]: (sink: Sink) => Promise<Encode> } = {
  'eventwire send': written((type, payload) => {
    const wireType = typeToSend(find, type)
    return toBytes(eventFrame(type, encodePayload(wireType, type, payload), wireType.oneLine))
  }),
  'eventwire encodeEvent': written((type, payload) => encodeEvent({ type, data: JSON.stringify(payload) })),
  'floor: template + Buffer.from': written((type, payload) =>
    Buffer.from(`event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`),
  ),
  'floor: template + TextEncoder': written((type, payload) =>
    encoder.encode(`event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`),
  ),

  async 'better-sse'(sink) {
    const { createEventBuffer } = await import('better-sse')
    const buffer = createEventBuffer()
    return (type, payload) => {
      buffer.event(type).data(payload).dispatch()
      sink(Buffer.from(buffer.read()))
      buffer.clear()
    }
  },

  async hono(sink) {
    const { SSEStreamingApi } = await import('hono/streaming')
    const writable = { getWriter: () => ({ write: async (bytes: Uint8Array) => sink(bytes) }) }
    const readable = { getReader: () => ({}) }
    const stream = new SSEStreamingApi(writable as unknown as WritableStream, readable as unknown as ReadableStream)
    return (type, payload) => stream.writeSSE({ event: type, data: JSON.stringify(payload) })
  },

  async '@fastify/sse'(sink) {
    const { default: fastify } = await import('fastify')
    const { default: plugin } = await import('@fastify/sse')
    const app = fastify()
    await app.register(plugin as never)
    // In an object: a reply is thenable, and would be waited for.
    const taken = new Promise<{ reply: any }>((resolve) => {
      app.get('/', { sse: 'only' } as never, async (_, reply: any) => {
        reply.sse.keepAlive()
        resolve({ reply })
      })
    })
    app.inject({ url: '/', headers: { accept: 'text/event-stream' } })
    const { reply } = await taken
    reply.raw.write = (text: string) => {
      sink(Buffer.from(text))
      return true
    }
    return (type, payload) => reply.sse.send({ event: type, data: payload })
  },
}
