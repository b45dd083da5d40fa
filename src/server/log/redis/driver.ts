/** The part of a client, Cluster or Sentinel of the `redis` package (node-redis) that is used. */
export interface NodeRedisLike {
  duplicate(...options: any[]): any
  connect(): Promise<unknown>
  sendCommand(...command: any[]): Promise<unknown>
}

/** The part of a client or Cluster of `ioredis` that is used; a client may have `sentinels`. */
export interface IORedisLike {
  duplicate(...options: any[]): any
  call(command: string, ...rest: any[]): Promise<unknown>
  disconnect(): void
}

/** A client, Cluster or Sentinel of `redis` or of `ioredis`, recognised by its methods. */
export type RedisClientLike = NodeRedisLike | IORedisLike

/** A connection of our own. It reconnects by itself, keeps no queue and repeats nothing. */
export interface RedisConnection {
  readonly ready: boolean
  /** Rejects at once while disconnected, and when the connection breaks before the reply. */
  send(command: readonly string[]): Promise<unknown>
  subscribe(channel: string, onMessage: (text: string) => void): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  destroy(): void
}

/** Opens a connection with the options of the client. `onReady` is called whenever it is established. */
export type Connect = (onReady: () => void) => RedisConnection
