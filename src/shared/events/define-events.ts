import { EventwireError } from '../errors.ts'
import { checkName } from '../wire/encode.ts'
import {
  type Codec,
  codecType,
  type Decoder,
  type EventType,
  isWireType,
  jsonDecoder,
  jsonType,
  type WireType,
} from './codec.ts'
import type { AnyEvents, EventName } from './event-map.ts'
import type { StrictJsonify } from './jsonify.ts'
import { isSchema, schemaType } from './schema.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

type Definition = EventType<any, any> | Codec<any> | StandardSchemaV1

/** A map that exists at run time, as `defineEvents()` and `eventsWithCodec()` return it. */
export type EventTypes = { readonly [name: string]: EventType<any, any> }

type EventTypeOf<Entry> =
  Entry extends EventType<any, any>
    ? Entry
    : Entry extends StandardSchemaV1<infer Input, infer Output>
      ? EventType<Input, Output>
      : Entry extends { encode(value: infer Encoded): string; decode(text: string): infer Decoded }
        ? CodecEventType<Encoded, Awaited<Decoded>>
        : never

/** The half that is `any`, as `JSON.parse` returns it, takes the type of the other half. */
type CodecEventType<Encoded, Decoded> = EventType<
  IsAny<Encoded> extends true ? UnknownIfAny<Decoded> : Encoded,
  IsAny<Decoded> extends true ? UnknownIfAny<Encoded> : Decoded
>
type UnknownIfAny<T> = IsAny<T> extends true ? unknown : T
type IsAny<T> = 0 extends 1 & T ? true : false

type CheckDefinitions<Definitions> = {
  [Name in keyof Definitions]: Name extends `sse:${string}`
    ? 'names that start with sse: are reserved'
    : Definitions[Name] extends StandardSchemaV1<infer Input, unknown>
      ? [StrictJsonify<Input>] extends [Input]
        ? unknown
        : `the schema of '${Name & string}' refuses its own input after JSON: take a string and transform it`
      : unknown
}

/** Finds the type of a name; `undefined` where the map does not have it. */
export type TypeLookup = Lookup<WireType>
export type DecoderLookup = Lookup<Decoder>
type Lookup<Type> = (name: string) => Type | undefined

/** Where a run-time map keeps its look-up; registered, so that two copies of the package understand each other. */
const lookupKey = Symbol.for('eventwire.lookup')

/**
 * Makes an event map that also exists at run time: its names are known, its payloads are checked or coded. Each entry is
 * a Standard Schema (checked by the server before sending and by the client on arrival), `json<T>()`, `text()` or a codec.
 *
 * @example
 * import { defineEvents, json, text } from 'eventwire'
 *
 * export const events = defineEvents({ joined: json<{ user: string }>(), message: text() })
 * export type AppEvents = typeof events
 * console.log(Object.keys(events)) // -> [ 'joined', 'message' ]
 *
 * @throws {EventwireError} `invalid-field` for a name that the wire cannot carry, `invalid-option` for an entry that is
 *   none of these.
 */
export function defineEvents<const Definitions extends { readonly [name: string]: Definition }>(
  definitions: Definitions & CheckDefinitions<Definitions>,
): { readonly [Name in keyof Definitions]: EventTypeOf<Definitions[Name]> } {
  const types = new Map<string, WireType>()
  for (const [name, definition] of Object.entries<Definition>(definitions)) {
    checkName(name)
    types.set(name, toWireType(name, definition))
  }
  return mapOf(types, (name) => types.get(name)) as never
}

/**
 * One codec for every event of a plain map: for superjson, devalue, or raw text throughout. The names stay unknown at
 * run time.
 *
 * @example
 * import { eventsWithCodec } from 'eventwire'
 * import { createStream } from 'eventwire/server'
 * import { collectEvents } from 'eventwire/testing'
 *
 * const events = eventsWithCodec<{ joined: { at: Date } }>({
 *   encode: (value) => JSON.stringify(value),
 *   decode: (text) => JSON.parse(text, (key, value) => (key === 'at' ? new Date(value) : value)),
 * })
 * const stream = createStream(undefined, { events })
 * stream.send('joined', { at: new Date(0) })
 * const [event] = await collectEvents(stream.response, { events, count: 1 })
 * console.log(event?.data.at.getTime()) // -> 0
 */
export function eventsWithCodec<Events extends object = AnyEvents>(
  codec: Codec<Events[EventName<Events>], unknown>,
): { readonly [Name in EventName<Events>]: EventType<Events[Name]> } {
  const type = codecType(codec)
  return mapOf(new Map(), () => type) as never
}

/**
 * The look-up of the `events` option: JSON for every name where there is none.
 *
 * @throws {EventwireError} `invalid-option` when the map was not made by `defineEvents()` or `eventsWithCodec()`.
 */
export function typeLookupOf(events: object | undefined): TypeLookup {
  return lookupIn(events, jsonType)
}

/** The same for a client, without the half that it does not need. */
export function decoderLookupOf(events: object | undefined): DecoderLookup {
  return lookupIn(events, jsonDecoder)
}

function lookupIn<Type>(events: object | undefined, json: Type): Lookup<WireType | Type> {
  if (events === undefined) return () => json
  const lookup = (events as { [lookupKey]?: TypeLookup })[lookupKey]
  if (lookup === undefined) {
    throw new EventwireError(
      'invalid-option',
      '`events` is a plain object; make it with defineEvents() or eventsWithCodec()',
    )
  }
  return lookup
}

function mapOf(types: Map<string, WireType>, lookup: TypeLookup): object {
  const map = Object.assign(Object.create(null), Object.fromEntries(types))
  return Object.freeze(Object.defineProperty(map, lookupKey, { value: lookup }))
}

function toWireType(name: string, definition: unknown): WireType {
  if (isSchema(definition)) return schemaType(definition)
  if (typeof definition === 'object' && definition !== null) {
    if (isWireType(definition)) return definition
    if ('encode' in definition && 'decode' in definition) return codecType(definition as Codec<unknown>)
  }
  throw new EventwireError(
    'invalid-option',
    `event "${name}" is of type ${definition === null ? 'null' : typeof definition}; use a Standard Schema, json(), text() or { encode, decode }`,
    { type: name },
  )
}
