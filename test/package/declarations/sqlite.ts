// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { sqliteLog } from 'eventwire/sqlite'

export const log = sqliteLog({} as never)
export const { append, read, follow, close } = log
export const open = sqliteLog
