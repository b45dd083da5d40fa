import type { EventwireError } from '../../shared/errors.ts'
import { notify } from '../../shared/observe.ts'
import type { Cursor, NewEntry } from '../log/event-log.ts'
import type { LiveLog } from '../log/live-log.ts'
import type { Channel } from './types.ts'

/**
 * Appends an entry and notifies observers, with the same object each time. A log delivers an entry before its append resolves, and a
 * batch is written at the end of its tick. Once the promise resolves, the readers at the head have therefore been written to.
 */
export function append(live: LiveLog, channel: Channel<any, unknown>, entry: NewEntry): Promise<Cursor> {
  if (notify === undefined) return live.append(entry)
  const event = { ...entry, channel }
  const start = performance.now()
  notify('event.publishing', event)
  const appended = live.append({ ...entry, traceparent: event.traceparent })
  const settle = (name: string, outcome: { cursor: Cursor } | { error: EventwireError }) =>
    notify?.(name, Object.assign(event, { duration: performance.now() - start }, outcome))
  appended.then(
    (cursor) => settle('event.published', { cursor }),
    (error) => settle('event.failed', { error }),
  )
  return appended
}
