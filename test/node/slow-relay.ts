// A link of 100 kB/s on loopback, for machines without namespaces: a relay that reads from the server with a token bucket.
import { type AddressInfo, connect, createServer, type Socket, type TcpNetConnectOpts } from 'node:net'

/** Bytes a second, and at once. */
const RATE = 100_000
const BURST = 4_096
const TICK = 10

/**
 * Opens a relay to a port of this machine, for as long as the process lives. What it does not read stays in the buffers of the kernel,
 * as on a slow link. They have the sizes of loopback, because Node cannot set SO_RCVBUF.
 */
export async function openRelay(target: number): Promise<number> {
  const links = new Set<{ from: Socket; to: Socket }>()
  const server = createServer((to) => {
    const options: TcpNetConnectOpts & { highWaterMark: number } = {
      port: target,
      host: '127.0.0.1',
      highWaterMark: BURST,
    }
    const from = connect(options)
    const link = { from, to }
    links.add(link)
    // Without a listener nothing would be read into its buffer.
    from.on('readable', () => {})
    to.pipe(from)
    for (const socket of [from, to]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        links.delete(link)
        from.destroy()
        to.destroy()
      })
    }
  })
  let [tokens, at] = [0, performance.now()]
  setInterval(() => {
    const now = performance.now()
    tokens = Math.min(BURST, tokens + ((now - at) / 1_000) * RATE)
    at = now
    for (const { from, to } of links) {
      const bytes = from.read(Math.min(Math.floor(tokens), from.readableLength)) as Buffer | null
      if (bytes === null) continue
      tokens -= bytes.length
      to.write(bytes)
    }
  }, TICK)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
