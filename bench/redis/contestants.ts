/** Ways to bring an event from one process to others through Redis. */
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { createChannel } from '../../src/server/index.ts'
import { type RedisClientLike, redisLog } from '../../src/server/log/redis/index.ts'

export interface Payload {
  readonly at: string
  readonly text: string
}

export interface Publisher {
  /** Resolves when Redis has taken the event. */
  publish(payload: Payload): Promise<unknown>
  close(): Promise<unknown> | void
}

export interface Contestant {
  publisher(url: string, key: string): Promise<Publisher>
  /** A receiver with connections of its own, as one process has them. */
  follow(url: string, key: string, onEvent: (payload: Payload) => void): Promise<void>
}

const eventwire = (connect: (url: string) => RedisClientLike): Contestant => ({
  async publisher(url, key) {
    const log = redisLog({ client: connect(url), key })
    const channel = createChannel<{ note: Payload }>({ log })
    await log.read(undefined, 0)
    return {
      publish: (payload) => channel.publish('note', payload),
      async close() {
        await channel.close()
        await log.close()
      },
    }
  },
  async follow(url, key, onEvent) {
    const log = redisLog({ client: connect(url), key })
    log.follow(
      (entries) => {
        for (const { data } of entries) onEvent(JSON.parse(data))
      },
      () => {
        throw new Error('lost')
      },
    )
    await log.read(undefined, 0)
  },
})

export const contestants: { readonly [name: string]: Contestant } = {
  'floor: PUBLISH by hand': {
    async publisher(url, key) {
      const client = createClient({ url })
      await client.connect()
      return {
        publish: (payload) => client.publish(key, JSON.stringify(payload)),
        close: () => client.destroy(),
      }
    },
    async follow(url, key, onEvent) {
      const client = createClient({ url })
      await client.connect()
      await client.subscribe(key, (text) => onEvent(JSON.parse(text)))
    },
  },
  'floor: XADD, PUBLISH by hand': {
    async publisher(url, key) {
      const client = createClient({ url })
      await client.connect()
      return {
        async publish(payload) {
          const data = JSON.stringify(payload)
          const id = await client.sendCommand(['XADD', `${key}:stream`, 'MAXLEN', '~', '65536', '*', 'data', data])
          await client.publish(key, `${id}\n${data}`)
        },
        close: () => client.destroy(),
      }
    },
    async follow(url, key, onEvent) {
      const client = createClient({ url })
      await client.connect()
      await client.subscribe(key, (text) => onEvent(JSON.parse(text.slice(text.indexOf('\n') + 1))))
    },
  },
  'eventwire, redis': eventwire((url) => createClient({ url })),
  'eventwire, ioredis': eventwire((url) => new Redis(url, { lazyConnect: true })),
  'oRPC publisher': {
    async publisher(url, key) {
      const { publisher, close } = await orpc(url)
      return { publish: (payload) => publisher.publish(key, payload), close }
    },
    async follow(url, key, onEvent) {
      const { publisher } = await orpc(url)
      await publisher.subscribe(key, onEvent)
    },
  },
}

async function orpc(url: string) {
  const { IORedisPublisher } = await import('@orpc/experimental-publisher/ioredis')
  const [commander, listener] = [new Redis(url), new Redis(url)]
  const publisher = new IORedisPublisher<Record<string, Payload>>({ commander, listener, resumeRetentionSeconds: 120 })
  const close = () => {
    commander.disconnect()
    listener.disconnect()
  }
  return { publisher, close }
}
