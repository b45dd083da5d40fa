import { expect, vi } from 'vitest'
import { type Channel, createChannel } from '../../src/server/index.ts'
import { type RedisLogOptions, redisLog } from '../../src/server/log/redis/index.ts'
import type { EventwireError } from '../../src/shared/errors.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'
import { type Contents, checkDelivery } from './check-delivery.ts'
import { newKey } from './clients.ts'

interface Events {
  note: { n: number }
}

const PROCESSES = 2
const CLIENTS = 3

/** Channels of one log, as if in several processes, each with clients that read all the time, and a publisher. */
export class Scene {
  readonly key: string = newKey()
  readonly errors: EventwireError[] = []
  accepted = 0
  readonly #logs
  readonly #channels
  readonly #clients: { readonly client: ChannelClient; readonly reading: Promise<unknown> }[] = []
  readonly #contents: Contents = new Map()
  readonly #checks = new Set<() => void>()
  #publishing: Promise<void> | undefined
  #stopped = false
  #n = 0

  constructor(options: (key: string) => RedisLogOptions) {
    this.#logs = Array.from({ length: PROCESSES }, () => redisLog(options(this.key)))
    this.#channels = this.#logs.map((log) => createChannel<Events>({ log, stream: { heartbeat: false } }))
  }

  /** All clients stand at the head. */
  async begin(): Promise<void> {
    for (const channel of this.#channels) {
      for (let n = 0; n < CLIENTS; n++) {
        const client = new ChannelClient(channel.response(requestAfter()))
        await client.until(({ types }) => types.includes('sse:cursor'))
        this.#clients.push({ client, reading: client.rest().catch(() => {}) })
      }
    }
    this.#publishing = this.#publishAll()
  }

  /** Resolves after so many more publishes were accepted. */
  untilAccepted(count: number): Promise<void> {
    const enough = this.accepted + count
    return this.#until(() => this.accepted >= enough)
  }

  /** Resolves after so many more publishes were rejected, with their errors. */
  async untilRejected(count: number): Promise<readonly EventwireError[]> {
    const from = this.errors.length
    await this.#until(() => this.errors.length >= from + count)
    return this.errors.slice(from)
  }

  publishMuch(count: number): Promise<PromiseSettledResult<string>[]> {
    return Promise.allSettled(Array.from({ length: count }, () => this.#publish(this.#channels[0]!)))
  }

  /** Ends publishing, waits until all clients have had the last event, and returns the gaps that each received. */
  async end(): Promise<string[][]> {
    this.#stopped = true
    await this.#publishing
    const last = ++this.#n
    const cursor = await this.#channels[0]!.publish('note', { n: last })
    this.#contents.set(cursor, JSON.stringify({ n: last }))
    const gaps: string[][] = []
    for (const { client } of this.#clients) {
      await vi.waitFor(() => expect(client.ended || client.messages.at(-1)?.id === cursor).toBe(true), {
        timeout: 60_000,
      })
      expect(client.ended).toBe(false)
      gaps.push(checkDelivery(client.messages, this.#contents))
    }
    return gaps
  }

  async close(): Promise<void> {
    this.#stopped = true
    await this.#publishing
    for (const channel of this.#channels) await channel.close()
    for (const { reading } of this.#clients) await reading
    for (const log of this.#logs) await log.close()
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return
        this.#checks.delete(check)
        resolve()
      }
      this.#checks.add(check)
    })
  }

  async #publishAll(): Promise<void> {
    while (!this.#stopped) {
      await Promise.allSettled(this.#channels.map((channel) => this.#publish(channel)))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #publish(channel: Channel<Events>): Promise<string> {
    const payload = { n: ++this.#n }
    try {
      const cursor = await channel.publish('note', payload)
      this.#contents.set(cursor, JSON.stringify(payload))
      this.accepted++
      return cursor
    } catch (error) {
      this.errors.push(error as EventwireError)
      throw error
    } finally {
      for (const check of this.#checks) check()
    }
  }
}
