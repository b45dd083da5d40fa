// A codec types both ends by its two halves, and never hands over `any`.
import {
  type Codec,
  defineEvents,
  type EventName,
  eventsWithCodec,
  json,
  type Received,
  type Sent,
  text,
} from 'eventwire'
import { createStream } from 'eventwire/server'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

const date: Codec<Date> = { encode: (value) => value.toISOString(), decode: (text) => new Date(text) }
const events = defineEvents({
  date,
  parsed: { encode: (value: { n: number }) => JSON.stringify(value), decode: (text: string) => JSON.parse(text) },
  oneWay: { encode: (value: Date) => value.toISOString(), decode: (text: string) => text },
  lenient: { encode: (value: Date | string) => String(value), decode: (text: string) => new Date(text) },
  later: { encode: (value: Date) => value.toISOString(), decode: async (text: string) => new Date(text) },
  asText: { encode: String, decode: Number },
  raw: { encode: JSON.stringify, decode: JSON.parse },
})
type Events = typeof events

describe('a codec', () => {
  it('that is one has one type', () => {
    expectTypeOf<Sent<Events, 'date'>>().toEqualTypeOf<Date>()
    expectTypeOf<Received<Events, 'date'>>().toEqualTypeOf<Date>()
  })

  it('takes what encode takes, and delivers what decode returns', () => {
    expectTypeOf<Sent<Events, 'oneWay'>>().toEqualTypeOf<Date>()
    expectTypeOf<Received<Events, 'oneWay'>>().toEqualTypeOf<string>()
    expectTypeOf<Sent<Events, 'lenient'>>().toEqualTypeOf<Date | string>()
    expectTypeOf<Received<Events, 'lenient'>>().toEqualTypeOf<Date>()
    // @ts-expect-error encode takes a Date
    createStream(undefined, { events }).send('oneWay', 'now')
  })

  it('that decodes later delivers the value, because the client awaits it', () => {
    expectTypeOf<Received<Events, 'later'>>().toEqualTypeOf<Date>()
  })

  it('with one half of type any takes the type of the other half', () => {
    expectTypeOf<Sent<Events, 'parsed'>>().toEqualTypeOf<{ n: number }>()
    expectTypeOf<Received<Events, 'parsed'>>().toEqualTypeOf<{ n: number }>()
    expectTypeOf<Sent<Events, 'asText'>>().toEqualTypeOf<number>()
  })

  it('with both halves of type any carries something unknown', () => {
    expectTypeOf<Sent<Events, 'raw'>>().toEqualTypeOf<unknown>()
    expectTypeOf<Received<Events, 'raw'>>().toEqualTypeOf<unknown>()
  })
})

describe('one codec for every event', () => {
  it('takes any name without a map', () => {
    const every = eventsWithCodec({ encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) })
    expectTypeOf<EventName<typeof every>>().toEqualTypeOf<string>()
    expectTypeOf<Received<typeof every, 'anything'>>().toEqualTypeOf<unknown>()
  })
})

describe('a schema whose input survives JSON', () => {
  it('compiles', () => {
    defineEvents({
      at: z.iso.datetime().transform((text) => new Date(text)),
      nothing: z.undefined(),
      anything: z.any(),
      optional: z.object({ a: z.number().optional(), b: z.array(z.number().nullable()) }),
      tuple: z.tuple([z.string(), z.number()]),
      record: z.record(z.string(), z.union([z.literal(1), z.null()])),
      plain: json<{ at: Date }>(),
      text: text(),
    })
  })
})
