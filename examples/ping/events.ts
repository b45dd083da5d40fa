import { defineEvents, json, text } from 'eventwire'

// The map that types both ends: `ping` travels as JSON, `message` as plain text.
export const events = defineEvents({
  ping: json<{ time: string }>(),
  message: text(),
})
