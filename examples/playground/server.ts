import { createChannel, type EventLog } from 'eventwire/server'

export interface AppEvents {
  tick: { count: number }
}

export interface Server {
  handle(request: Request): Response
  publish(count: number): void
  stop(): Promise<void>
}

/** The server of the playground. Its history is the log, which may outlive it. */
export function startServer(log: EventLog): Server {
  const channel = createChannel<AppEvents>({ log, stream: { heartbeat: 5_000 } })
  return {
    handle: (request) => channel.response(request),
    publish: (count) => void channel.publish('tick', { count }),
    stop: () => channel.close(),
  }
}
