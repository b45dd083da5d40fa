import { EventSource } from 'eventsource'

// happy-dom has no EventSource, and msw refuses to build an sse() handler without one.
globalThis.EventSource = EventSource as unknown as typeof globalThis.EventSource
