// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { redisLog } from 'eventwire/redis'

export const log = redisLog({ client: {} as never, key: 'chat' })
export const { append, read, follow, close } = log
export const open = redisLog
