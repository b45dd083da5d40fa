/** Payloads travel as their event type says: JSON by default, text, a codec, or a schema that checks both ends. */
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EventwireError } from '../../src/shared/errors.ts'
import { json, text } from '../../src/shared/events/codec.ts'
import { defineEvents, eventsWithCodec, typeLookupOf } from '../../src/shared/events/define-events.ts'
import { decodePayload, encodePayload, typeToSend } from '../../src/shared/events/payload.ts'

function send(events: object | undefined, name: string, payload: unknown): string {
  return encodePayload(typeToSend(typeLookupOf(events), name), name, payload)
}

function receive(events: object | undefined, name: string, raw: string): unknown {
  return decodePayload(typeLookupOf(events)(name)!, name, raw, '7')
}

/** The error itself, for a look at all of its fields. */
function errorOf(act: () => unknown): EventwireError {
  try {
    act()
  } catch (error) {
    if (error instanceof EventwireError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('JSON, without a run-time map or as json()', () => {
  const maps: [string, object | undefined][] = [
    ['no map', undefined],
    ['json()', defineEvents({ a: json<unknown>() })],
  ]

  it.each(maps)('carries what JSON carries (%s)', (_name, events) => {
    for (const payload of [null, 0, '', 'a\r\nb', '\uD800', [1], { a: { b: [true] } }]) {
      const raw = send(events, 'a', payload)
      expect(raw).not.toMatch(/[\r\n]/)
      expect(receive(events, 'a', raw)).toEqual(payload)
    }
  })

  it.each(maps)('carries no payload as empty data (%s)', (_name, events) => {
    expect(send(events, 'a', undefined)).toBe('')
    expect(receive(events, 'a', '')).toBe(undefined)
  })

  it.each(maps)('refuses what JSON has no form for (%s)', (_name, events) => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(errorOf(() => send(events, 'a', circle))).toMatchObject({
      code: 'payload-not-encodable',
      type: 'a',
      cause: expect.any(TypeError),
    })
    expect(errorOf(() => send(events, 'a', circle)).message).toBe(
      'payload of "a" cannot be encoded: Converting circular structure to JSON',
    )
    expect(errorOf(() => send(events, 'a', 1n)).message).toBe(
      'payload of "a" cannot be encoded: Do not know how to serialize a BigInt',
    )
    expect(errorOf(() => send(events, 'a', () => {})).message).toBe(
      'payload of "a" cannot be encoded: JSON has no form for a function',
    )
    expect(errorOf(() => send(events, 'a', Symbol('s'))).message).toBe(
      'payload of "a" cannot be encoded: JSON has no form for a symbol',
    )
  })

  it.each(maps)('says what it could not read, with the text as it arrived (%s)', (_name, events) => {
    const error = errorOf(() => receive(events, 'a', '[DONE]'))
    expect(error).toMatchObject({
      code: 'payload-not-decodable',
      type: 'a',
      raw: '[DONE]',
      id: '7',
      cause: expect.any(SyntaxError),
    })
    expect(error.message).toMatch(/^data of "a" cannot be decoded: /)
    expect(error.message).not.toContain('\n')
  })
})

describe('text()', () => {
  const events = defineEvents({ a: text() })

  it('carries text as it is', () => {
    for (const payload of ['', 'a\nb', '{"a":1}']) {
      expect(send(events, 'a', payload)).toBe(payload)
      expect(receive(events, 'a', payload)).toBe(payload)
    }
  })

  it.each([
    [null, 'null'],
    [1, 'number'],
    [undefined, 'undefined'],
  ])('refuses %s', (payload, kind) => {
    expect(errorOf(() => send(events, 'a', payload)).message).toBe(
      `payload of "a" cannot be encoded: expected a string, got ${kind}`,
    )
  })
})

describe('a codec', () => {
  const date = { encode: (value: Date) => value.toISOString(), decode: (raw: string) => new Date(raw) }

  it.each([
    ['in defineEvents()', defineEvents({ at: date })],
    ['for every event', eventsWithCodec<{ at: Date }>(date)],
  ])('writes and reads (%s)', (_name, events) => {
    const now = new Date(1_700_000_000_000)
    expect(send(events, 'at', now)).toBe('2023-11-14T22:13:20.000Z')
    expect(receive(events, 'at', send(events, 'at', now))).toEqual(now)
  })

  it('that throws or does not return a string is reported as such', () => {
    const bad = defineEvents({
      throws: {
        encode: () => {
          throw new RangeError('too far')
        },
        decode: () => {
          throw 'no error'
        },
      },
      number: { encode: () => 7 as never, decode: String },
    })
    expect(errorOf(() => send(bad, 'throws', 1)).message).toBe('payload of "throws" cannot be encoded: too far')
    expect(errorOf(() => receive(bad, 'throws', 'x')).message).toBe('data of "throws" cannot be decoded: no error')
    expect(errorOf(() => send(bad, 'number', 1)).message).toBe(
      'payload of "number" cannot be encoded: expected a string, got number',
    )
  })

  it('keeps its this', () => {
    class Prefix {
      readonly prefix = '>'
      encode(value: string) {
        return this.prefix + value
      }
      decode(raw: string) {
        return raw.slice(this.prefix.length)
      }
    }
    const events = defineEvents({ a: new Prefix() })
    expect(receive(events, 'a', send(events, 'a', 'x'))).toBe('x')
  })
})

describe('a schema', () => {
  const schemas: [string, object][] = [
    ['zod', defineEvents({ at: z.object({ at: z.string().transform(Number) }) })],
    ['valibot', defineEvents({ at: v.object({ at: v.pipe(v.string(), v.transform(Number)) }) })],
    ['arktype', defineEvents({ at: type({ at: 'string.numeric.parse' }) })],
  ]

  it.each(schemas)('writes the input and hands over the output (%s)', (_name, events) => {
    expect(send(events, 'at', { at: '42' })).toBe('{"at":"42"}')
    expect(receive(events, 'at', '{"at":"42"}')).toEqual({ at: 42 })
  })

  it.each(schemas)('refuses at both ends, with its issues and their place (%s)', (_name, events) => {
    const sent = errorOf(() => send(events, 'at', { at: 42 }))
    expect(sent).toMatchObject({ code: 'payload-rejected', type: 'at' })
    expect(sent.issues?.map(({ message }) => typeof message)).toEqual(['string'])
    expect(sent.message).toMatch(/^payload of "at" does not match its schema \(at: .+\)$/)
    expect(sent.raw).toBe(undefined)
    expect(errorOf(() => receive(events, 'at', '{"at":42}'))).toMatchObject({
      code: 'payload-rejected',
      type: 'at',
      raw: '{"at":42}',
      id: '7',
    })
  })

  it.each(schemas)('is not asked about text that is not JSON (%s)', (_name, events) => {
    expect(errorOf(() => receive(events, 'at', '{'))).toMatchObject({ code: 'payload-not-decodable', raw: '{' })
  })

  it('may accept no payload', () => {
    const events = defineEvents({ done: z.undefined() })
    expect(send(events, 'done', undefined)).toBe('')
    expect(receive(events, 'done', '')).toBe(undefined)
  })

  it('names each issue, and only its text where it has no place', () => {
    const events = defineEvents({ a: z.object({ b: z.array(z.number()) }), c: z.string() })
    expect(errorOf(() => send(events, 'a', { b: [1, 'x', 'y'] })).message).toMatch(
      /^payload of "a" does not match its schema \(b\.1: .+; b\.2: .+\)$/,
    )
    expect(errorOf(() => send(events, 'c', 1)).message).toMatch(
      /^payload of "c" does not match its schema \([^:;]+: [^:;]+\)$/,
    )
  })

  it('refuses also as a type of another copy of the package', async () => {
    const url = new URL('../../src/shared/events/schema.ts?copy', import.meta.url).href
    const copy: typeof import('../../src/shared/events/schema.ts') = await import(/* @vite-ignore */ url)
    const type = copy.schemaType(z.object({ at: z.string() }))
    expect(errorOf(() => decodePayload(type, 'at', '{"at":42}', '7'))).toMatchObject({ code: 'payload-rejected' })
  })

  const asynchronous: [string, object][] = [
    ['zod', defineEvents({ a: z.string().refine(async (value) => value !== 'bad', 'is bad') })],
    [
      'valibot',
      defineEvents({
        a: v.pipeAsync(
          v.string(),
          v.checkAsync(async (value) => value !== 'bad', 'is bad'),
        ),
      }),
    ],
  ]

  it.each(asynchronous)('that is asynchronous cannot be sent, without an unhandled rejection (%s)', (_name, events) => {
    expect(errorOf(() => send(events, 'a', 'bad'))).toMatchObject({
      code: 'payload-not-encodable',
      message: 'payload of "a" cannot be encoded: the schema is asynchronous; send() needs a synchronous one',
    })
  })

  it.each(asynchronous)('that is asynchronous is awaited on arrival (%s)', async (_name, events) => {
    expect(receive(events, 'a', '"good"')).toBeInstanceOf(Promise)
    expect(await receive(events, 'a', '"good"')).toBe('good')
    await expect(receive(events, 'a', '"bad"')).rejects.toMatchObject({
      code: 'payload-rejected',
      message: 'payload of "a" does not match its schema (is bad)',
      raw: '"bad"',
      id: '7',
    })
  })
})

describe('the map', () => {
  it('knows its names and no others', () => {
    const events = defineEvents({ a: json<number>(), constructor: text() })
    expect(Object.keys(events).sort()).toEqual(['a', 'constructor'])
    expect(send(events, 'constructor', 'x')).toBe('x')
    expect(errorOf(() => send(events, 'toString', 1))).toMatchObject({
      code: 'unknown-event',
      type: 'toString',
      message: 'event "toString" is not in the map given as `events`; add it to defineEvents()',
    })
    expect(typeLookupOf(events)('__proto__')).toBe(undefined)
  })

  it('of eventsWithCodec() takes any name', () => {
    const events = eventsWithCodec<{ a: string }>({ encode: String, decode: String })
    expect(Object.keys(events)).toEqual([])
    expect(send(events, 'whatever', 1)).toBe('1')
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(defineEvents({ a: text() }))).toBe(true)
  })

  it('is understood by another copy of the package', async () => {
    const url = new URL('../../src/shared/events/define-events.ts?copy', import.meta.url).href
    const copy: typeof import('../../src/shared/events/define-events.ts') = await import(/* @vite-ignore */ url)
    expect(copy.typeLookupOf).not.toBe(typeLookupOf)
    expect(send(copy.defineEvents({ a: { encode: () => 'from the copy', decode: String } }), 'a', 1)).toBe(
      'from the copy',
    )
  })

  it('made by hand is refused', () => {
    expect(errorOf(() => typeLookupOf({ a: text() }))).toMatchObject({
      code: 'invalid-option',
      message: '`events` is a plain object; make it with defineEvents() or eventsWithCodec()',
    })
  })

  it.each([
    [null, 'event "a" is of type null; use a Standard Schema, json(), text() or { encode, decode }'],
    [undefined, 'event "a" is of type undefined; use a Standard Schema, json(), text() or { encode, decode }'],
    ['string', 'event "a" is of type string; use a Standard Schema, json(), text() or { encode, decode }'],
    [{ encode: String }, 'event "a" is of type object; use a Standard Schema, json(), text() or { encode, decode }'],
  ])('refuses %s for an entry', (entry, message) => {
    expect(errorOf(() => defineEvents({ a: entry as never }))).toMatchObject({
      code: 'invalid-option',
      type: 'a',
      message,
    })
  })

  it.each(['sse:end', '', 'a\nb'])('refuses the name %j', (name) => {
    expect(errorOf(() => defineEvents({ [name]: text() }))).toMatchObject({ code: 'invalid-field' })
  })
})
