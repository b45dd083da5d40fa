import { createChannel } from 'eventwire/server'
import type { AppEvents } from './ticks.ts'

/** One history for all clients. Each stream that reads it opens with these options. */
export const clock = createChannel<AppEvents>({ stream: { retry: 2_000 } })

let count = 0
setInterval(() => clock.publish('tick', { count: ++count }), 100)
