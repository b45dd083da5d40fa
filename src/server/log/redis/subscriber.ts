import type { Connect, RedisConnection } from './driver.ts'

/** Receives the notifications of a log. */
export interface NotificationListener {
  onMessage(text: string): void
  /** Called whenever the subscription stands (again): notifications before it were not received. */
  onSubscribed(): void
}

interface PubSubChannel {
  readonly listeners: Set<NotificationListener>
  readonly onMessage: (text: string) => void
}

/** One connection for the notifications of all logs. */
export class Subscriber {
  readonly #connect: Connect
  readonly #channels = new Map<string, PubSubChannel>()
  #connection: RedisConnection

  constructor(connect: Connect) {
    this.#connect = connect
    this.#connection = this.#open()
  }

  listen(name: string, listener: NotificationListener): () => void {
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      const listeners = new Set<NotificationListener>()
      const onMessage = (text: string) => {
        for (const each of listeners) each.onMessage(text)
      }
      channel = { listeners, onMessage }
      this.#channels.set(name, channel)
    }
    channel.listeners.add(listener)
    if (this.#connection.ready) this.#subscribe(name, channel)
    return () => this.#unlisten(name, listener)
  }

  /** For a connection that has missed a notification. */
  renew(): void {
    this.#connection.destroy()
    this.#connection = this.#open()
  }

  destroy(): void {
    this.#channels.clear()
    this.#connection.destroy()
  }

  #open(): RedisConnection {
    const connection = this.#connect(() => {
      if (this.#connection !== connection) return
      for (const [name, channel] of this.#channels) this.#subscribe(name, channel)
    })
    return connection
  }

  #subscribe(name: string, { listeners, onMessage }: PubSubChannel): void {
    const onSubscribed = () => {
      for (const listener of listeners) listener.onSubscribed()
    }
    // When it fails the connection is lost, and it is done again as soon as there is another.
    this.#connection.subscribe(name, onMessage).then(onSubscribed, () => {})
  }

  #unlisten(name: string, listener: NotificationListener): void {
    const channel = this.#channels.get(name)
    if (channel?.listeners.delete(listener) !== true || channel.listeners.size > 0) return
    this.#channels.delete(name)
    this.#connection.unsubscribe(name).catch(() => {})
  }
}
