// The event map alone decides what may be sent and what arrives.
import { type } from 'arktype'
import {
  createParser,
  defineEvents,
  type EventName,
  type EventOf,
  encodeEvent,
  eventsWithCodec,
  isEventwireError,
  json,
  type Message,
  type Received,
  type Sent,
  text,
} from 'eventwire'
import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

interface InterfaceMap {
  ping: { time: string }
  message: string
}
type TypeMap = {
  ping: { time: string }
  message: string
}

describe('a plain map', () => {
  it('may be an interface or a type', () => {
    expectTypeOf<EventName<InterfaceMap>>().toEqualTypeOf<'ping' | 'message'>()
    expectTypeOf<EventName<TypeMap>>().toEqualTypeOf<'ping' | 'message'>()
    expectTypeOf<Sent<InterfaceMap, 'ping'>>().toEqualTypeOf<{ time: string }>()
    expectTypeOf<Received<TypeMap, 'message'>>().toEqualTypeOf<string>()
  })

  it('delivers the very type when it is JSON already', () => {
    interface Order {
      id: number
      lines: { sku: string; count?: number }[]
      note: string | null
    }
    expectTypeOf<Received<{ order: Order }, 'order'>>().toEqualTypeOf<Order>()
  })

  it('delivers a Date as a string, drops methods, keeps what a union may drop as optional', () => {
    interface Events {
      joined: { at: Date; greet(): void; nick: string | undefined; tags: Set<string> }
    }
    expectTypeOf<Sent<Events, 'joined'>['at']>().toEqualTypeOf<Date>()
    expectTypeOf<Received<Events, 'joined'>['at']>().toEqualTypeOf<string>()
    expectTypeOf<Received<Events, 'joined'>>().not.toHaveProperty('greet')
    expectTypeOf<Received<Events, 'joined'>['nick']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<Received<Events, 'joined'>['tags']>().toEqualTypeOf<{}>()
  })

  it('makes a union that its type discriminates', () => {
    const event = {} as EventOf<InterfaceMap>
    if (event.type === 'ping') expectTypeOf(event.data).toEqualTypeOf<{ time: string }>()
    else expectTypeOf(event.data).toEqualTypeOf<string>()
    expectTypeOf<EventOf<InterfaceMap, 'ping'>['id']>().toEqualTypeOf<string>()
  })
})

describe('defineEvents', () => {
  const events = defineEvents({
    zod: z.object({ count: z.string().transform(Number) }),
    valibot: v.object({ user: v.string() }),
    arktype: type({ ok: 'boolean' }),
    joined: json<{ at: Date }>(),
    message: text(),
    blob: { encode: (value: Uint8Array) => String(value), decode: (text: string) => new Uint8Array(text.length) },
  })
  type Events = typeof events

  it("takes a schema's input to send and delivers its output", () => {
    expectTypeOf<Sent<Events, 'zod'>>().toEqualTypeOf<{ count: string }>()
    expectTypeOf<Received<Events, 'zod'>>().toEqualTypeOf<{ count: number }>()
    expectTypeOf<Received<Events, 'valibot'>>().toEqualTypeOf<{ user: string }>()
    expectTypeOf<Received<Events, 'arktype'>>().toEqualTypeOf<{ ok: boolean }>()
  })

  it('reads json(), text() and codecs', () => {
    expectTypeOf<Sent<Events, 'joined'>>().toEqualTypeOf<{ at: Date }>()
    expectTypeOf<Received<Events, 'joined'>>().toEqualTypeOf<{ at: string }>()
    expectTypeOf<Received<Events, 'message'>>().toEqualTypeOf<string>()
    expectTypeOf<Received<Events, 'blob'>>().toEqualTypeOf<Uint8Array<ArrayBuffer>>()
  })
})

describe('eventsWithCodec', () => {
  it("keeps the map's own types on both sides", () => {
    const events = eventsWithCodec<{ joined: { at: Date } }>({ encode: String, decode: JSON.parse })
    expectTypeOf<Received<typeof events, 'joined'>>().toEqualTypeOf<{ at: Date }>()
  })
})

describe('the low level', () => {
  it('encodes fields and parses messages', () => {
    expectTypeOf(encodeEvent({ data: 'x', type: 'ping', id: '1', retry: 10 })).toExtend<Uint8Array>()
    createParser({ onMessage: (message) => expectTypeOf(message).toEqualTypeOf<Message>() })
  })

  it('narrows what was caught', () => {
    const caught: unknown = undefined
    if (isEventwireError(caught)) expectTypeOf(caught.status).toEqualTypeOf<number | undefined>()
  })
})
