// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { createStream, type RequestLike, type ResponseLike, respond } from 'eventwire/node'

export interface AppEvents {
  joined: { user: string; at: Date }
  done: undefined
}

export const open = (req: RequestLike, res: ResponseLike) => createStream<AppEvents>(req, res)
export const untyped = (req: RequestLike, res: ResponseLike) => createStream(req, res)
export const sender = (req: RequestLike, res: ResponseLike) => createStream<AppEvents>(req, res).send
export const parts = (req: RequestLike, res: ResponseLike) => ({ ...createStream<AppEvents>(req, res) })
export const serve = respond
