export const FLOOR = 'floor: node:http'

/** The import of each contestant. */
export const contestants: { readonly [name: string]: string } = {
  [FLOOR]: "import 'node:http'",
  'eventwire/node: createStream': "export { createStream } from '../dist/server/node/index.js'",
  'eventwire/server: createChannel': "export { createChannel } from '../dist/server/index.js'",
  'eventwire/client: subscribe': "export { subscribe } from '../dist/client/index.js'",
  'better-sse': "export { createSession, createChannel } from 'better-sse'",
  'hono/streaming': "export { streamSSE } from 'hono/streaming'",
  'h3: createEventStream': "export { createEventStream } from 'h3'",
  'fastify + @fastify/sse': "export { fastify } from 'fastify'; export { default } from '@fastify/sse'",
  '@trpc/server + standalone adapter':
    "export { initTRPC, tracked } from '@trpc/server'; export { createHTTPServer } from '@trpc/server/adapters/standalone'",
  eventsource: "export { EventSource } from 'eventsource'",
  'eventsource-client': "export { createEventSource } from 'eventsource-client'",
  'eventsource-parser': "export { createParser } from 'eventsource-parser'",
  '@microsoft/fetch-event-source': "export { fetchEventSource } from '@microsoft/fetch-event-source'",
  'sse.js': "export { SSE } from 'sse.js'",
  '@trpc/client: httpSubscriptionLink': "export { createTRPCClient, httpSubscriptionLink } from '@trpc/client'",
  '@orpc/client: RPCLink':
    "export { createORPCClient } from '@orpc/client'; export { RPCLink } from '@orpc/client/fetch'",
  'undici: EventSource': "export { EventSource } from 'undici'",
}

export function specifiers(code: string): string[] {
  return [...code.matchAll(/'([^']+)'/g)].map(([, specifier]) => specifier!)
}

/** The packages that bring it: none for what is ours or Node's. */
export function packages(code: string): string[] {
  const names = specifiers(code).map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0])
  return [...new Set(names.filter((name) => !name.startsWith('.') && !name.startsWith('node:')))]
}
