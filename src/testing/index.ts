/** For tests of applications: a server or a client that the test drives. Fetch objects only. */
export { type CollectOptions, collectEvents, type Enough } from './collect-events.ts'
export { type EventLogTest, type EventLogTestsOptions, eventLogTests } from './event-log-tests.ts'
export { slowDown } from './slow-down.ts'
export { createTestClient, type TestClient, type TestClientOptions } from './test-client.ts'
export { createTestClock, type TestClock, type TestClockOptions } from './test-clock.ts'
export type { TestAnswer, TestConnection } from './test-connection.ts'
export { createTestServer, type TestServer, type TestServerOptions } from './test-server.ts'
