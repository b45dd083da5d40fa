// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { collectEvents, createTestClient, createTestClock, createTestServer, eventLogTests } from 'eventwire/testing'

export interface AppEvents {
  joined: { user: string; at: Date }
  done: undefined
}

export const server = createTestServer<AppEvents>()
export const untyped = createTestServer()
export const { fetch, connections, connection } = server
export const send = async () => (await server.connection()).send
export const spread = async () => ({ ...(await server.connection()) })
export const client = createTestClient<AppEvents>(new Response())
export const { next, collect, resume, messages } = client
export const collected = collectEvents<AppEvents>(new Response(), { count: 1 })
export const clock = createTestClock
export const tests = eventLogTests
