// What is sent is typed by the map, on both kinds of server and on a channel.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { defineEvents, json, text } from 'eventwire'
import { createStream as createNodeStream } from 'eventwire/node'
import {
  type CloseInfo,
  createChannel,
  createStream,
  type EventStream,
  type EventWriter,
  type PipedEvent,
} from 'eventwire/server'
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
    expectTypeOf<PipedEvent<AppEvents>['type']>().toEqualTypeOf<'ping' | 'done' | 'maybe'>()
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

  it('tells how it closed', () => {
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
