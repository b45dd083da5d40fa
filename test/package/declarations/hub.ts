// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { createHub } from 'eventwire/hub'

export const hub = createHub<{ ping: { time: string } }>((topics) => `https://example.com/events?topics=${topics}`)
export const topic = hub.topics('clock')
export const { on, once, events, onGap, onError, state, opened, closed, close } = topic
export const share = state.get().share
export const create = createHub
