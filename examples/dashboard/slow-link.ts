import { connect, createServer, type Server, type Socket } from 'node:net'

/** Milliseconds between two portions. */
const STEP = 20

/** A relay that passes bytes on to clients at a limited rate, as a slow link would. Bytes that wait fill the buffers before it. */
export function slowLink(portOf: () => number): { server: Server; setRate(kilobytes: number): void } {
  let rate = 0
  let allowed = 0
  const waiting: (() => void)[] = []

  setInterval(() => {
    allowed = Math.min(rate * 200, allowed + rate * STEP)
    if (allowed <= 0 && rate > 0) return
    for (const resume of waiting.splice(0)) resume()
  }, STEP).unref()

  async function pass(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from) {
      // All connections share the link.
      while (rate > 0 && allowed <= 0) await new Promise<void>((resolve) => waiting.push(resolve))
      allowed -= chunk.length
      if (!to.write(chunk)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve))
    }
    to.end()
  }

  const server = createServer((client) => {
    const upstream = connect(portOf(), '127.0.0.1')
    client.pipe(upstream)
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    pass(upstream, client).catch(() => {})
  })
  const setRate = (kilobytes: number) => {
    rate = kilobytes > 0 ? kilobytes : 0
    allowed = 0
    for (const resume of waiting.splice(0)) resume()
  }
  return { server, setRate }
}
