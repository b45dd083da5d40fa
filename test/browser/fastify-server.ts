import type { AddressInfo } from 'node:net'
import cors from '@fastify/cors'
import Fastify from 'fastify'
import type { TestProject } from 'vitest/node'
import { createChannel } from '../../src/server/index.ts'
import { respond } from '../../src/server/node/index.ts'
import type { BrowserEvents } from './events.ts'

declare module 'vitest' {
  interface ProvidedContext {
    fastifyUrl: string
  }
}

/** A Fastify app on another origin than the tests. Its CORS plugin allows theirs; `/closed` has no such plugin. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const channel = createChannel<BrowserEvents>({ stream: { retry: 10 } })
  channel.publish('greeting', { resumedAfter: 'nothing' })
  const app = Fastify()
  await app.register(async (open) => {
    await open.register(cors, { origin: true, credentials: true })
    open.get('/events', (request, reply) => {
      respond(channel, request, reply, { from: 'start' })
    })
    open.get('/hang-up', (request, reply) => {
      const stream = respond(channel, request, reply, { from: 'start' })
      if (stream.lastEventId === '') stream.close()
      else stream.send('greeting', { resumedAfter: 'a cursor' })
    })
  })
  app.get('/closed', (request, reply) => {
    respond(channel, request, reply, { from: 'start' })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  project.provide('fastifyUrl', `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  return async () => {
    app.server.closeAllConnections()
    await app.close()
  }
}
