// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { createEventStore } from 'eventwire/mcp'

export const open = createEventStore
export const store = createEventStore({} as never)
export type Log = Parameters<typeof createEventStore>[0]
export const page = (log: Log) => log.read(undefined, 1)
