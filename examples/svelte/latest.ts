import type { EventName, Received } from 'eventwire'
import type { Listenable } from 'eventwire/client'
import { type Readable, readable } from 'svelte/store'

/** The last payload of an event as a store, `undefined` before the first; listens while somebody looks. */
export function latest<Events extends object, Name extends EventName<Events>>(
  source: Listenable<Events>,
  type: Name,
): Readable<Received<Events, Name> | undefined> {
  return readable<Received<Events, Name> | undefined>(undefined, (set) => source.on(type, (data) => set(data)))
}
