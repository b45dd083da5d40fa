import { defineEvents, json } from 'eventwire'
import { type Listenable, type Subscription, subscribe } from 'eventwire/client'
import { type Channel, createChannel, createStream, type EventStream, type EventWriter } from 'eventwire/server'

interface AppEvents {
  ping: { text: string }
  joined: { user: string; at: Date }
  done: undefined
}
interface OtherEvents {
  ping: { text: string }
  pong: string
}

const stream = createStream<AppEvents>()
// ends with: 'txt' does not exist in type '{ text: string; }'. Did you mean to write 'text'?
stream.pipe([{ type: 'ping', data: { txt: 'hello' } }])
// ends with: Type 'number' is not assignable to type 'string'
stream.pipe([{ type: 'ping', data: { text: 5 } }])
// ends with: Type '"pong"' is not assignable to type
stream.pipe([{ type: 'pong', data: { text: 'hello' } }])
// ends with: Property 'data' is missing in type '{ type: "ping"; }' but required in type '{ readonly type: "ping"; readonly data: { text: string; };
stream.pipe([{ type: 'ping' }])
async function* wrongPayload() {
  yield { type: 'ping' as const, data: { text: 5 } }
}
// ends with: Type 'number' is not assignable to type 'string'
stream.pipe(wrongPayload())
async function* wrongName() {
  yield { type: 'pong' as const, data: { text: 'hello' } }
}
// ends with: Type '"pong"' is not assignable to type
stream.pipe(wrongName())
// ends with: Type '"pong"' is not assignable to type
stream.pipe(new ReadableStream<{ type: 'pong'; data: string }>())
// ends with: Type 'number' is not assignable to type 'string'
createChannel<AppEvents>().pipe([{ type: 'ping', data: { text: 5 } }])
// ends with: Type '"pong"' is not assignable to type
createChannel<AppEvents>().pipe(wrongName())
// ends with: Type '"pong"' is not assignable to type
createChannel<AppEvents>().pipe(new ReadableStream<{ type: 'pong'; data: string }>())
// refuses: Argument of type 'number' is not assignable to parameter of type 'PipeSource<AppEvents>'
stream.pipe(5)

// refuses: Type 'number' is not assignable to type '"maxEvents is an option of the log: { log: memoryLog({ maxEvents }) }"'
createChannel<AppEvents>({ maxEvents: 1_000 })
// refuses: Type 'number' is not assignable to type '"maxAge is an option of the log: { log: memoryLog({ maxAge }) }"'
createChannel({ maxAge: 60_000 })

const other = createChannel<OtherEvents>()
// refuses: Type 'Accepts<OtherEvents>' is missing the following properties from type 'Accepts<AppEvents>': done, joined
const channel: Channel<AppEvents> = other
// refuses: Property 'pong' is missing in type 'Accepts<AppEvents>' but required in type 'Accepts<OtherEvents>'
other.subscribe(stream)
// refuses: Type 'Accepts<OtherEvents>' is missing the following properties from type 'Accepts<AppEvents>': done, joined
const writer: EventWriter<AppEvents> = createStream<OtherEvents>()
// refuses: Property 'pong' is missing in type 'Accepts<AppEvents>' but required in type 'Accepts<OtherEvents>'
const otherStream: EventStream<OtherEvents> = stream
function publishAll(to: Channel<AppEvents>): void {
  to.publish('done')
}
// refuses: Type 'Accepts<OtherEvents>' is missing the following properties from type 'Accepts<AppEvents>': done, joined
publishAll(other)

const subscription = subscribe<AppEvents>('/sse')
// refuses: Property 'pong' is missing in type 'Delivers<AppEvents>' but required in type 'Delivers<OtherEvents>'
const needsPong: Listenable<OtherEvents> = subscription
// refuses: Property 'pong' is missing in type 'Delivers<AppEvents>' but required in type 'Delivers<OtherEvents>'
const otherSubscription: Subscription<OtherEvents> = subscription
// refuses: The types of 'ping.text' are incompatible between these types
const wrongPing: Listenable<{ ping: { text: number } }> = subscription

const defined = defineEvents({ joined: json<{ user: string }>() })
// refuses: Property 'left' is missing in type
subscribe<{ left: string }>('/sse', { events: defined })
// refuses: Types of property 'ping' are incompatible
const numbers: Channel<{ ping: { text: number } }> = createChannel<{ ping: { text: string } }>()

const { publish } = other
// refuses: The 'this' context of type 'void' is not assignable to method's 'this' of type 'object'
publish('pong', 'hello')
const { send } = stream
// refuses: The 'this' context of type 'void' is not assignable to method's 'this' of type 'object'
send('done')

export { channel, needsPong, numbers, otherStream, otherSubscription, writer, wrongPing }
