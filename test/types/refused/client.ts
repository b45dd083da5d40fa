import { defineEvents, text } from 'eventwire'
import { eventSourceTransport, readEvents, subscribe } from 'eventwire/client'

interface AppEvents {
  ping: { time: string }
  joined: { at: Date }
  message: string
}

const subscription = subscribe<AppEvents>('/sse')
// refuses in 7: Argument of type '"pong"' is not assignable to parameter of type '"joined" | "message" | "ping"'
// refuses in 5.9 and 6: Argument of type '"pong"' is not assignable to parameter of type '"message" | "ping" | "joined"'
subscription.on('pong', () => {})
// refuses: Property 'tme' does not exist on type '{ time: string; }'
subscription.on('ping', (data) => data.tme)
// refuses: Property 'getTime' does not exist on type 'string'
subscription.on('joined', (data) => data.at.getTime())
// refuses: Type 'number' is not assignable to type 'boolean
subscription.on('ping', () => {}, { once: 1 })
// refuses: Property 'time' does not exist on type
subscription.onAny((event) => event.data.time)
// refuses in 7: Argument of type '"pong"' is not assignable to parameter of type '"joined" | "message" | "ping"'
// refuses in 5.9 and 6: Argument of type '"pong"' is not assignable to parameter of type '"message" | "ping" | "joined"'
subscription.once('pong')
// refuses in 7: Argument of type '"pong"' is not assignable to parameter of type '"joined" | "message" | "ping"'
// refuses in 5.9 and 6: Argument of type '"pong"' is not assignable to parameter of type '"message" | "ping" | "joined"'
subscription.events('ping', 'pong')
// refuses: Cannot assign to 'status' because it is a read-only property
subscription.status = 'open'
// refuses: Argument of type 'number' is not assignable to parameter of type
subscribe<AppEvents>(5)
// refuses: Type 'string' is not assignable to type 'number
subscribe<AppEvents>('/sse', { maxEventSize: '1 MB' })
// refuses: Type '"path"' is not assignable to type
subscribe<AppEvents>('/sse', { cursorIn: 'path' })
// refuses: is not assignable to type
subscribe<AppEvents>('/sse', { events: defineEvents({ message: text() }) })

// refuses: Argument of type 'string' is not assignable to parameter of type
readEvents<AppEvents>('text')
// refuses: is not assignable to parameter of type
eventSourceTransport({})
