import { defineEvents, json, text } from 'eventwire'
import { createStream as createNodeStream } from 'eventwire/node'
import { createStream } from 'eventwire/server'
import { z } from 'zod'

interface AppEvents {
  ping: { time: string; count: number }
  message: string
  done: undefined
}

const stream = createStream<AppEvents>()
// refuses in 7: Argument of type '"pong"' is not assignable to parameter of type '"done" | "message" | "ping"'
// refuses in 5.9 and 6: Argument of type '"pong"' is not assignable to parameter of type '"message" | "done" | "ping"'
stream.send('pong', { time: 'now', count: 1 })
// refuses: Type 'string' is not assignable to type 'number'
stream.send('ping', { time: 'now', count: 'one' })
// refuses: Property 'count' is missing
stream.send('ping', { time: 'now' })
// refuses: Expected 2-3 arguments, but got 1
stream.send('ping')
// refuses: Object literal may only specify known properties, but 'tme' does not exist in type '{ time: string; count: number; }'. Did you mean to write 'time'?
stream.send('ping', { tme: 'now', time: 'now', count: 1 })
// refuses: Type 'number' is not assignable to type 'string'
stream.send('message', 'text', { id: 7 })
// refuses: Argument of type '{}' is not assignable to parameter of type 'undefined'
stream.send('done', {})
// refuses: Type 'string' is not assignable to type 'number
createStream<AppEvents>(undefined, { heartbeat: '15s' })
// refuses: Type 'string' does not satisfy the constraint 'object'
createStream<string>()

const events = defineEvents({
  amount: z.object({ value: z.string().transform(Number) }),
  note: text(),
  joined: json<{ at: Date }>(),
})
const checked = createStream(undefined, { events })
// refuses: Type 'number' is not assignable to type 'string'
checked.send('amount', { value: 5 })
// refuses: Argument of type '{ text: string; }' is not assignable to parameter of type 'string'
checked.send('note', { text: 'x' })
// refuses: Type 'string' is not assignable to type 'Date'
checked.send('joined', { at: '2026-01-01' })

// refuses: An argument for 'res' was not provided
createNodeStream<AppEvents>({} as import('node:http').IncomingMessage)
const nodeStream = createNodeStream<AppEvents>(
  {} as import('node:http').IncomingMessage,
  {} as import('node:http').ServerResponse,
)
// refuses: Property 'response' does not exist
nodeStream.response
// refuses in 7: Argument of type '"pong"' is not assignable to parameter of type '"done" | "message" | "ping"'
// refuses in 5.9 and 6: Argument of type '"pong"' is not assignable to parameter of type '"message" | "done" | "ping"'
nodeStream.send('pong')

// refuses: is not assignable to type 'EventStream<{ ping: number; }>'
const other: import('eventwire/server').EventStream<{ ping: number }> = stream
void other
