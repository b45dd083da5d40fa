// The map types the payloads of `send`, on both kinds of server, and of `publish` on a channel.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { defineEvents, json, text } from 'eventwire'
import { createEventStore, type McpEventStore } from 'eventwire/mcp'
import { createStream as createNodeStream, respond } from 'eventwire/node'
import { pages } from 'eventwire/pages'
import {
  type Channel,
  type ChannelOptions,
  type CloseInfo,
  createChannel,
  createStream,
  type EventStream,
  type EventWriter,
  memoryLog,
  type PipeSource,
  type PolledChannelOptions,
} from 'eventwire/server'
import type { Request as ExpressRequest, Response as ExpressResponse } from 'express'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ParameterizedContext } from 'koa'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

interface AppEvents {
  ping: { time: string }
  done: undefined
  maybe: { at: Date } | undefined
}

describe('createStream', () => {
  it('takes an interface, a type, or nothing', () => {
    expectTypeOf(createStream<AppEvents>()).toEqualTypeOf<EventStream<AppEvents>>()
    expectTypeOf(createStream<{ ping: number }>().send).parameter(0).toEqualTypeOf<'ping'>()
    createStream().send('anything', { at: 'all' })
  })

  it('infers the map from `events`, and takes the input of a schema', () => {
    const events = defineEvents({
      amount: z.object({ value: z.string().transform(Number) }),
      note: text(),
      at: json<Date>(),
    })
    const stream = createStream(undefined, { events })
    stream.send('amount', { value: '5' })
    stream.send('note', 'text')
    stream.send('at', new Date())
  })

  it('asks for no payload where it may be undefined', () => {
    const stream = createStream<AppEvents>()
    stream.send('done')
    stream.send('done', undefined, { id: '1', retry: 5 })
    stream.send('maybe')
    stream.send('maybe', { at: new Date() })
  })

  it('pipes what the map allows', () => {
    async function* source(): PipeSource<AppEvents> {
      yield { type: 'ping', data: { time: 'now' }, id: '1' }
      yield { type: 'done' }
      // @ts-expect-error the payload of another event
      yield { type: 'ping', data: { at: 1 } }
    }
    createStream<AppEvents>().pipe(source())
    createStream<AppEvents>().pipe([{ type: 'ping', data: { time: 'now' }, id: '1' }, { type: 'done' }])
    // @ts-expect-error the payload of another event
    createStream<AppEvents>().pipe([{ type: 'ping', data: { at: 1 } }])
    createChannel<AppEvents>().pipe([{ type: 'ping', data: { time: 'now' }, topics: ['a'] }, { type: 'done' }], {
      final: true,
    })
    // @ts-expect-error an event of a channel has its cursor for an id
    createChannel<AppEvents>().pipe([{ type: 'done', id: '1' }])
    // @ts-expect-error not the payload of ping
    createChannel<AppEvents>().pipe([{ type: 'ping', data: { at: 1 } }])
  })

  it('reports how it closed', () => {
    expectTypeOf(createStream().closed).resolves.toEqualTypeOf<CloseInfo>()
  })

  it('is a writer, but not one of another map', () => {
    expectTypeOf<EventStream<AppEvents>>().toExtend<EventWriter<AppEvents>>()
    expectTypeOf<EventStream<AppEvents>>().not.toExtend<EventWriter<{ ping: number }>>()
  })
})

describe('createStream of eventwire/node', () => {
  it("takes Node's pair and gives no response", () => {
    const stream = createNodeStream<AppEvents>({} as IncomingMessage, {} as ServerResponse)
    expectTypeOf(stream).toEqualTypeOf<EventWriter<AppEvents>>()
    expectTypeOf(stream).not.toHaveProperty('response')
  })
})

describe('the objects of a server and its frameworks', () => {
  const channel = createChannel<AppEvents>()

  it('are taken as they are typed', () => {
    const [express, response] = [{} as ExpressRequest, {} as ExpressResponse]
    expectTypeOf(respond(channel, express, response)).toEqualTypeOf<EventWriter<AppEvents>>()
    expectTypeOf(createNodeStream<AppEvents>(express, response)).toEqualTypeOf<EventWriter<AppEvents>>()
    const [request, reply] = [{} as FastifyRequest, {} as FastifyReply]
    respond(channel, request, reply)
    respond(channel, request.raw, reply.raw)
    createNodeStream(request, reply, { headers: reply.getHeaders() })
    const ctx = {} as ParameterizedContext
    respond(channel, ctx.request, ctx.response)
    respond(channel, ctx.req, ctx.res)
    respond(channel, {} as Http2ServerRequest, {} as Http2ServerResponse)
  })

  it('come with headers that are options of either stream', () => {
    const headers = {} as OutgoingHttpHeaders
    createNodeStream({} as IncomingMessage, {} as ServerResponse, { headers })
    createStream(undefined, { headers })
    createStream(undefined, { headers: { 'X-Limit': 5, Vary: ['Origin'], 'X-None': undefined } })
  })

  it('are refused where they are of the other kind', () => {
    // @ts-expect-error a Fetch Request
    createNodeStream({} as Request, {} as ServerResponse)
    // @ts-expect-error a Fetch Response inside
    createNodeStream({} as IncomingMessage, {} as { res: Response })
    // @ts-expect-error Node's request
    channel.response({} as IncomingMessage)
  })

  it('are read with the options of the channel', () => {
    respond(channel, {} as IncomingMessage, {} as ServerResponse, {
      filter: (event) => event.type !== 'ping' || event.data.time !== '',
      snapshot: (stream) => void stream.send('done'),
    })
    // @ts-expect-error no such option of a reader
    respond(channel, {} as IncomingMessage, {} as ServerResponse, { heartbeat: 5 })
  })
})

describe('createChannel', () => {
  it('types what is published, and what a filter sees', () => {
    const channel = createChannel<AppEvents>()
    channel.publish('ping', { time: 'now' }, { topics: ['a'] })
    channel.publish('done')
    // @ts-expect-error no such name
    channel.publish('pong')
    // @ts-expect-error no such payload
    channel.publish('ping', { time: 5 })
    channel.subscribe(createStream<AppEvents>(), {
      filter(event) {
        if (event.type === 'maybe') expectTypeOf(event.data).toEqualTypeOf<{ at: string } | undefined>()
        return event.type === 'ping' && event.data.time !== ''
      },
      snapshot: (stream) => void stream.send('ping', { time: 'now' }),
    })
    // @ts-expect-error the stream of another map
    channel.subscribe(createStream<{ ping: number }>())
  })
})

describe('control information', () => {
  it('has two forms, an end of the caller and a gap in the terms of the map', () => {
    createChannel<AppEvents>({
      stream: {
        controls: 'comments',
        done: '[DONE]',
        onGap: (stream, { reason, oldest }) => {
          expectTypeOf(reason).toEqualTypeOf<'trimmed' | 'epoch' | 'ahead' | 'malformed' | 'slow'>()
          expectTypeOf(oldest).toEqualTypeOf<string>()
          stream.send('ping', { time: oldest })
          // @ts-expect-error no such name
          stream.send('pong')
        },
      },
    })
    // @ts-expect-error no such form
    createStream(undefined, { controls: 'none' })
    // @ts-expect-error a text, not a switch
    createStream(undefined, { done: true })
    expectTypeOf(createChannel<AppEvents>().cursor()).resolves.toEqualTypeOf<string>()
  })
})

describe('createEventStore', () => {
  it('takes the type of its messages from where it is used', () => {
    interface Message {
      readonly jsonrpc: '2.0'
    }
    const store: McpEventStore<Message> = createEventStore(memoryLog())
    store.storeEvent('stream', { jsonrpc: '2.0' })
    // @ts-expect-error no such message
    store.storeEvent('stream', { jsonrpc: '1.0' })
    // @ts-expect-error it needs a log
    createEventStore()
    // @ts-expect-error its log is the log itself
    createEventStore({ log: memoryLog() })
    store.replayEventsAfter('id', { send: async (_, message) => void expectTypeOf(message).toEqualTypeOf<Message>() })
  })
})

describe('createChannel', () => {
  it('responds with a promise if and only if it has `poll`', () => {
    const events = defineEvents({ note: text() })
    expectTypeOf(createChannel<AppEvents>()).toEqualTypeOf<Channel<AppEvents>>()
    expectTypeOf(createChannel<AppEvents>({ poll: pages() })).toEqualTypeOf<Channel<AppEvents, Promise<Response>>>()
    expectTypeOf(createChannel({ events })).toEqualTypeOf<Channel<typeof events>>()
    expectTypeOf(createChannel({ events, poll: pages() })).toEqualTypeOf<Channel<typeof events, Promise<Response>>>()
  })

  it('takes options that were made before', () => {
    const options: ChannelOptions<AppEvents> = { log: memoryLog() }
    const polled: PolledChannelOptions<AppEvents> = { ...options, poll: pages() }
    const inferred = { poll: pages() }
    expectTypeOf(createChannel(options)).toEqualTypeOf<Channel<AppEvents>>()
    expectTypeOf(createChannel(polled)).toEqualTypeOf<Channel<AppEvents, Promise<Response>>>()
    expectTypeOf(createChannel<AppEvents>(inferred)).toEqualTypeOf<Channel<AppEvents, Promise<Response>>>()
  })

  it('is an ordinary channel where only its type is asked for', () => {
    expectTypeOf<ReturnType<typeof createChannel<AppEvents>>>().toEqualTypeOf<Channel<AppEvents>>()
    expectTypeOf<ReturnType<ReturnType<typeof createChannel>['response']>>().toEqualTypeOf<Response>()
  })
})
