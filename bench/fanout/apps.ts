/** Hono and h3 as their documentation advises, before anybody serves them: the same on Node and on Bun. */
import { payload } from './protocol.ts'

const message = (n: number) => ({ event: 'note', id: String(n), data: JSON.stringify(payload(n)) })

export async function honoApp() {
  const { Hono } = await import('hono')
  const { streamSSE } = await import('hono/streaming')
  const streams = new Set<import('hono/streaming').SSEStreamingApi>()
  const app = new Hono().get('/', (context) =>
    streamSSE(context, async (stream) => {
      streams.add(stream)
      await stream.write(':\n\n')
      await new Promise<void>((resolve) => stream.onAbort(resolve))
      streams.delete(stream)
    }),
  )
  const publish = (n: number) => {
    for (const stream of streams) stream.writeSSE(message(n))
  }
  return { app, size: () => streams.size, publish }
}

export async function h3App() {
  const { createEventStream, H3 } = await import('h3')
  const streams = new Set<ReturnType<typeof createEventStream>>()
  const app = new H3().get('/', (event) => {
    const stream = createEventStream(event)
    streams.add(stream)
    stream.onClosed(() => streams.delete(stream))
    stream.pushComment('')
    return stream.send()
  })
  const publish = (n: number) => {
    for (const stream of streams) stream.push(message(n))
  }
  return { app, size: () => streams.size, publish }
}
