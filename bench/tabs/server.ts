import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createChannel } from '../../dist/server/index.js'
import { respond } from '../../dist/server/node/index.js'

export interface TabsServer {
  readonly url: string
  /** Publishes so many events, one every so many milliseconds. */
  send(count: number, every: number): Promise<void>
  /** How many connections are open. */
  connections(): number
  close(): void
}

/** An event with the time at which it was published, in milliseconds. */
interface Events {
  tick: { at: number; text: string }
}

const TEXT = 'x'.repeat(100)

const page = (kind: string) => `<!doctype html><title>${kind}</title><script type="module">
  import { subscribe } from '/client/index.js'
  import { createHub } from '/client/hub/index.js'
  globalThis.delays = []
  const source = ${kind === 'hub'}
    ? createHub((topics) => '/events?topics=' + topics, { share: 'tabs', key: 'bench' }).topics('ticks')
    : subscribe('/events?topics=ticks')
  source.on('tick', ({ at }) => delays.push(performance.timeOrigin + performance.now() - at))
  source.state.subscribe(({ status }) => { globalThis.ready = status === 'open' })
</script>`

/** Serves the pages, the library as it was built, and the events. */
export async function serve(dist: string): Promise<TabsServer> {
  const channel = createChannel<Events>()
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
    if (pathname === '/events') {
      respond(channel, request, response, { topics: searchParams.get('topics')!.split(',') })
    } else if (pathname.endsWith('.js')) {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(await readFile(dist + pathname))
    } else response.writeHead(200, { 'Content-Type': 'text/html' }).end(page(pathname.slice(1)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async send(count, every) {
      for (let sent = 0; sent < count; sent++) {
        const at = performance.timeOrigin + performance.now()
        channel.publish('tick', { at, text: TEXT }, { topics: ['ticks'] })
        await new Promise((resolve) => setTimeout(resolve, every))
      }
    },
    connections: () => channel.size,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
