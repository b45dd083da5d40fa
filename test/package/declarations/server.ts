// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { createChannel, createStream, fromCursor, memoryLog } from 'eventwire/server'

export interface AppEvents {
  joined: { user: string; at: Date }
  done: undefined
}

export const untyped = createChannel()
export const channel = createChannel<AppEvents>()
export const { publish, subscribe, response, onError, close, pipe } = channel
export const spread = { ...channel }
export const cursor = channel.publish('done')
export const stream = createStream<AppEvents>()
export const untypedStream = createStream()
export const { send, closed, ready, pipe: pipeStream, comment, close: closeStream } = stream
export const resumption = channel.subscribe(stream)
export const log = memoryLog()
export const { append, read, follow } = log
export const position = fromCursor('a.1')
export function useChannel<Events extends object>() {
  const own = createChannel<Events>({} as never)
  return { own, publish: own.publish, pipe: own.pipe, streams: [...own] }
}
