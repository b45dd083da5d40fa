import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { createStream } from '../../src/server/node/index.ts'
import type { BrowserEvents } from './events.ts'

declare module 'vitest' {
  interface ProvidedContext {
    eventsUrl: string
  }
}

/** The server that the browser tests talk to, on another origin than theirs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Allow-Headers', '*')
    if (request.method === 'OPTIONS') return response.writeHead(204).end()
    if (request.url === '/asked') return response.end(JSON.stringify(asked))
    if (request.url?.startsWith('/final')) asked.push(request.headers['last-event-id'] as string | undefined)
    const controls = request.url === '/final-comments' ? 'comments' : 'events'
    const stream = createStream<BrowserEvents>(request, response, { retry: 10, controls })
    stream.send('greeting', { resumedAfter: stream.lastEventId }, { id: `after-${stream.lastEventId}` })
    if (request.url?.startsWith('/hang-up')) stream.close()
    if (request.url?.startsWith('/final')) stream.close({ final: true })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  project.provide('eventsUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return async () => {
    server.close()
    server.closeAllConnections()
  }
}
