// A wrong call of `createChannel()` is explained by the signature without `poll`, and one with `poll` by that with it.
import { defineEvents, text } from 'eventwire'
import { pages } from 'eventwire/pages'
import { createChannel } from 'eventwire/server'

interface AppEvents {
  ping: { time: string }
}
const events = defineEvents({ note: text() })

// refuses in 5.9 and 6: Overload 1 of 3, '(options?: (ChannelOptions<AppEvents>
// refuses: Type 'string' is not assignable to type 'number | false | undefined'
createChannel<AppEvents>({ stream: { heartbeat: '5s' } })
// refuses in 5.9 and 6: Overload 1 of 3, '(options?: (ChannelOptions<AppEvents>
// refuses: 'compres' does not exist in type 'ChannelOptions<AppEvents>
createChannel<AppEvents>({ compres: true })
// refuses in 5.9 and 6: Overload 1 of 3, '(options: { readonly events: { readonly note: EventType<string, string>; } & EventTypes; } & ChannelOptions<
// refuses in 7: Property 'events' is missing in type '{ stream: {}; }' but required in type '{ readonly events:
createChannel<typeof events>({ stream: {} })
// refuses in 5.9 and 6: 'events' is declared here
// refuses in 7: Type 'Pages' is not assignable to type 'undefined'
createChannel<typeof events>({ poll: pages() })
