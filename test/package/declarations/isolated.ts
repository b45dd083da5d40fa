// With `isolatedDeclarations` each export is annotated, and the annotation is all that a reader of the declarations sees.
import { defineEvents, type EventType, json, text } from 'eventwire'
import { type Subscription, subscribe } from 'eventwire/client'
import { type Channel, createChannel } from 'eventwire/server'

export const events: {
  readonly joined: EventType<{ user: string; at: Date }, { user: string; at: string }>
  readonly note: EventType<string>
} = defineEvents({ joined: json<{ user: string; at: Date }>(), note: text() })
export type AppEvents = typeof events

export const channel: Channel<AppEvents> = createChannel({ events })
export const subscription: Subscription<AppEvents> = subscribe('/sse', { events })
