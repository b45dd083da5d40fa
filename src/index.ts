/** The shared vocabulary of both ends: event maps, codecs, the wire, errors. */
export { type Codec, type EventType, json, text } from './shared/codec.ts'
export { defineEvents, type EventTypes, everyEvent } from './shared/define-events.ts'
export { type EventFields, encodeEvent } from './shared/encode.ts'
export {
  EventwireError,
  type EventwireErrorCode,
  type EventwireErrorFields,
  isEventwireError,
} from './shared/errors.ts'
export type { AnyEvents, EventName, EventOf, Received, ReceivedEvent, Sent } from './shared/events.ts'
export type { JsonOf } from './shared/json-of.ts'
export { createParser, type Message, type Parser, type ParserOptions } from './shared/parse.ts'
export type { SchemaIssue, SchemaResult, StandardSchemaV1 } from './shared/standard-schema.ts'
