/**
 * The parts that both ends share: the event map, codecs, errors, and the encoder and parser of the wire format.
 *
 * @module
 */

export {
  EventwireError,
  type EventwireErrorCode,
  type EventwireErrorOf,
  isEventwireError,
} from './shared/errors.ts'
export { type Codec, type EventType, json, text } from './shared/events/codec.ts'
export { defineEvents, type EventTypes, eventsWithCodec } from './shared/events/define-events.ts'
export type { AnyEvents, EventName, EventOf, Received, Sent } from './shared/events/event-map.ts'
export type { Jsonify } from './shared/events/jsonify.ts'
export type { OptionsFor } from './shared/events/options-for.ts'
export type { SchemaIssue, StandardSchemaV1 } from './shared/events/standard-schema.ts'
export { fold, type Reducer } from './shared/fold/fold.ts'
export type { FoldSource } from './shared/fold/source.ts'
export type { Store } from './shared/store.ts'
export { encodeEvent } from './shared/wire/encode.ts'
export type { Gap, GapReason } from './shared/wire/gap.ts'
export { createParser, type Message, type Parser } from './shared/wire/parse.ts'
