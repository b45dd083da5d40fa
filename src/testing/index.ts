/**
 * Test either end: a server, a client and a clock that the test drives, without a network unless `listen()` opens a port.
 *
 * @module
 */

export type { SendArguments, SendOptions } from '../server/stream/types.ts'
export type { EventwireError, EventwireErrorCode, EventwireErrorOf } from '../shared/errors.ts'
export type { EventType } from '../shared/events/codec.ts'
export type { EventTypes } from '../shared/events/define-events.ts'
export type { AnyEvents, EventName, EventOf, Received, Sent } from '../shared/events/event-map.ts'
export type { Jsonify } from '../shared/events/jsonify.ts'
export type { OptionsFor } from '../shared/events/options-for.ts'
export type { SchemaIssue } from '../shared/events/standard-schema.ts'
export type { HeadersLike } from '../shared/headers-like.ts'
export type { GapReason } from '../shared/wire/gap.ts'
export type { Message } from '../shared/wire/parse.ts'
export { collectEvents } from './collect-events.ts'
export { eventLogTests } from './event-log-tests.ts'
export { createTestClient, type TestClient } from './test-client.ts'
export { createTestClock, type TestClock } from './test-clock.ts'
export type { TestConnection } from './test-connection.ts'
export { createTestServer, type ListeningTestServer, type TestServer } from './test-server.ts'
