/**
 * Test either end: a server, a client and a clock that the test drives, without a network unless `listen()` opens a port.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'
// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../server/index.ts'
export { collectEvents } from './collect-events.ts'
export { eventLogTests } from './event-log-tests.ts'
export { createTestClient, type TestClient } from './test-client.ts'
export { createTestClock, type TestClock } from './test-clock.ts'
export type { TestConnection } from './test-connection.ts'
export { createTestServer, type ListeningTestServer, type TestServer } from './test-server.ts'
