// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { createParser, defineEvents, encodeEvent, eventsWithCodec, json, text } from 'eventwire'

export const events = defineEvents({
  joined: json<{ user: string; at: Date }>(),
  note: text(),
  size: { encode: (value: bigint) => value.toString(), decode: (text: string) => BigInt(text) },
})
export const every = eventsWithCodec<{ at: Date }>({ encode: String, decode: (text) => new Date(text) })
export const parser = createParser({ onMessage: () => {} })
export const { feed } = parser
export const encode = encodeEvent
