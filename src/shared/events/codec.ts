import { isThenable } from '../thenable.ts'
import type { Jsonify } from './jsonify.ts'

declare const types: unique symbol

/**
 * The type of one event: what the server sends and what the client receives. Made by `json()`, `text()`, or by
 * `defineEvents()` from a schema or a codec.
 */
export interface EventType<Sent, Received = Sent> {
  readonly [types]: { sent: Sent; received: Received }
}

/**
 * How a payload becomes text and back. `decode(encode(value))` must be the value again, for any line break in the text:
 * the wire carries CR, LF and CRLF alike as LF.
 *
 * @example
 * import { type Codec, defineEvents } from 'eventwire'
 * import { createStream } from 'eventwire/server'
 * import { createTestClient } from 'eventwire/testing'
 *
 * const date: Codec<Date> = { encode: (value) => value.toISOString(), decode: (text) => new Date(text) }
 * const events = defineEvents({ deadline: date })
 * const stream = createStream(undefined, { events })
 * stream.send('deadline', new Date(0))
 * const client = createTestClient(stream.response, { events })
 * console.log((await client.next()).data.getTime()) // -> 0
 * console.log(client.messages[0]?.data) // -> 1970-01-01T00:00:00.000Z
 * await client.disconnect()
 */
export interface Codec<Sent, Received = Sent> {
  /** Encodes a value as text. An exception becomes the cause of `payload-not-encodable`. */
  encode(value: Sent): string
  /** Decodes the text of an event. An exception becomes the cause of `payload-not-decodable`. */
  decode(text: string): Received
}

/** The half of an event type that a client needs. */
export interface Decoder {
  readonly decode: (text: string) => unknown
}

/** An event type at run time: how its payload is encoded and decoded. */
export interface WireType extends Decoder {
  /** The text never contains a line break, so it need not be searched for one. */
  readonly oneLine: boolean
  encode(value: unknown): string
}

function decode(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text)
}

/**
 * Reads JSON of any origin. A bare whole number that would lose digits is refused; looking for one inside of a
 * payload would take a second parser.
 */
export function decodeJson(text: string): unknown {
  const value = decode(text)
  if (typeof value === 'number' && /^-?\d{16,}$/.test(text) && String(value) !== text) {
    throw new RangeError('a number loses these digits, text() keeps them')
  }
  return value
}

/** The decoder of a client without a map: it says what was assumed. */
export const jsonDecoder: Decoder = {
  decode(text) {
    try {
      return decodeJson(text)
    } catch (cause: any) {
      if (cause instanceof SyntaxError) cause.message += '; JSON was expected, text() takes any text'
      throw cause
    }
  },
}

/** No payload is an empty data line; anything else is what `JSON.stringify` makes of it. */
function encode(value: unknown): string {
  if (value === undefined) return ''
  const text = JSON.stringify(value)
  if (text === undefined) throw new TypeError(`JSON has no form for a ${typeof value}`)
  return text
}

/** The type of every event of a server without a map. */
export const jsonType: WireType = { oneLine: true, decode, encode }

const checkedJsonType: WireType = { oneLine: true, decode: decodeJson, encode }

const textType: WireType = {
  oneLine: false,
  encode: expectString,
  decode: (text) => text,
}

/**
 * A JSON payload with a type and no check: the default of a plain map, for use beside schemas in `defineEvents()`.
 *
 * @example
 * import { defineEvents, json } from 'eventwire'
 * import { createStream } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const events = defineEvents({ joined: json<{ user: string }>() })
 * const stream = createStream(undefined, { events })
 * stream.send('joined', { user: 'Ada' }) // { name: 'Ada' } would not compile
 * const [event] = await collectEvents(stream.response, { events, count: 1 })
 * console.log(event?.data.user) // -> Ada
 */
export function json<Payload>(): EventType<Payload, Jsonify<Payload>> {
  return checkedJsonType as unknown as EventType<Payload, Jsonify<Payload>>
}

/**
 * Raw text on the wire, without JSON quotes, as any EventSource page expects it. Line breaks arrive as LF, because the
 * wire format does not distinguish it from CR and CRLF.
 *
 * @example
 * import { defineEvents, text } from 'eventwire'
 * import { createStream } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const events = defineEvents({ message: text() })
 * const stream = createStream(undefined, { events })
 * stream.send('message', 'two\r\nlines')
 * const [event] = await collectEvents(stream.response, { events, count: 1 })
 * console.log(JSON.stringify(event?.data)) // -> "two\nlines"
 */
export function text(): EventType<string> {
  return textType as unknown as EventType<string>
}

/** A user's codec as an event type. */
export function codecType(codec: Codec<any>): WireType {
  return {
    oneLine: false,
    encode: (value) => expectString(codec.encode(value)),
    decode(text) {
      const value = codec.decode(text)
      return isThenable(value) ? Promise.resolve(value) : value
    },
  }
}

export function isWireType(value: object): value is WireType {
  return 'oneLine' in value
}

function expectString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a string, got ${value === null ? 'null' : typeof value}`)
  return value
}
