import { defineEvents, eventsWithCodec, json, text } from 'eventwire'
import { readEvents, type Subscription, subscribe } from 'eventwire/client'
import { createStream as createNodeStream } from 'eventwire/node'
import { createChannel, createStream } from 'eventwire/server'
import { collectEvents, createTestClient, createTestServer } from 'eventwire/testing'

const events = defineEvents({ joined: json<{ user: string }>(), message: text() })
type AppEvents = typeof events

// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
subscribe<AppEvents>('/sse')
// refuses: Property 'events' is missing in type '{ maxEventSize: number; }' but required in type '{ readonly events:
subscribe<AppEvents>('/sse', { maxEventSize: 1_000 })
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
const subscription: Subscription<AppEvents> = subscribe('/sse')
void subscription
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
readEvents<AppEvents>(new Response())
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
createStream<AppEvents>(new Request('http://localhost/sse'))
// refuses: Property 'events' is missing in type '{ heartbeat: number; }' but required in type '{ readonly events:
createStream<AppEvents>(undefined, { heartbeat: 5_000 })
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
createNodeStream<AppEvents>({} as import('node:http').IncomingMessage, {} as import('node:http').ServerResponse)
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
createChannel<AppEvents>()
// refuses: Property 'events' is missing in type '{ stream: {}; }' but required in type '{ readonly events:
createChannel<AppEvents>({ stream: {} })
// refuses: Property 'events' is missing in type '{ count: number; }' but required in type '{ readonly events:
collectEvents<AppEvents>(new Response(), { count: 1 })
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
createTestClient<AppEvents>(new Response())
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
createTestServer<AppEvents>()

interface Named extends Readonly<typeof events> {}
// refuses: Property 'events' is missing in type '{}' but required in type '{ readonly events: Named & EventTypes; }'
subscribe<Named>('/sse', {})

const every = eventsWithCodec<{ at: Date }>({ encode: String, decode: String })
// refuses: Arguments for the rest parameter 'optionsWithEvents' were not provided
subscribe<typeof every>('/sse')
