/// <reference lib="esnext.disposable" preserve="true" />

import { invalidOption } from '../../shared/errors.ts'
import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import { MAX_TIMER } from '../../shared/wire/names.ts'
import type { EventLog } from '../log/event-log.ts'
import { unref } from '../stream/shared-timer.ts'
import { openChannel } from './channel.ts'
import { registryOf } from './channel-parts.ts'
import type { PolledOptionsFor } from './create-channel.ts'
import type { AnyChannelOptions, Channel, ChannelCloseOptions, ChannelOptions } from './types.ts'

/**
 * Channels by id. Each is created on first use, and closed when it is no longer used.
 *
 * @example
 * import { type Channels, createChannels } from 'eventwire/server'
 *
 * const rooms: Channels<{ message: string }> = createChannels()
 * const response = rooms.get('lobby').response(new Request('http://localhost/lobby'))
 * console.log(rooms.has('lobby'), rooms.has('attic'), response.status) // -> true false 200
 * await rooms.close()
 */
export interface Channels<Events extends object, Responds = Response>
  extends Iterable<readonly [id: string, channel: Channel<Events, Responds>]> {
  /**
   * Returns the channel of an id, and creates it if necessary. Call `get()` each time instead of holding the channel, which is closed
   * when it was not used for `keep`. Authorise the id first: each id that a client names creates a channel.
   *
   * @throws {EventwireError} `invalid-option` for an option of the new channel that makes no sense.
   */
  get(id: string): Channel<Events, Responds>
  /** Whether a channel of this id exists. Creates no channel, and does not count as a use. */
  has(id: string): boolean
  /** How many channels there are. */
  readonly size: number
  /**
   * Closes all channels, as `channel.close()` does, and their logs. `get()` returns a channel until its last stream has ended, and
   * closed channels afterwards: their streams end with a reconnection time, so that clients reconnect to another process.
   *
   * @throws {EventwireError} as a rejection: `invalid-option`, and then nothing is closed.
   */
  close(options?: ChannelCloseOptions): Promise<void>
}

interface Kept {
  readonly channel: Channel<any, any>
  /** Closed with the channel, once. */
  log: EventLog | undefined
  usedAt: number
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * Creates channels by id that respond to clients that poll, too. Their `response()` returns a promise.
 *
 * @example
 * import { pages } from 'eventwire/pages'
 * import { createChannels } from 'eventwire/server'
 *
 * const poll = pages()
 * const rooms = createChannels<{ message: string }>(() => ({ poll }), { keep: 300_000 })
 * await rooms.get('lobby').publish('message', 'hello')
 * const page = await rooms.get('lobby').response(new Request('http://localhost/lobby?offset=-1'))
 * console.log((await page.json())[0].type) // -> message
 * await rooms.close()
 *
 * @param optionsOf the options of the channel of an id, with a log of its own.
 * @throws {EventwireError} `invalid-option` when `optionsOf` is not a function, or `keep` is not a number from 0 up.
 */
export function createChannels<Events extends object = AnyEvents>(
  optionsOf: (id: string) => PolledOptionsFor<Events>,
  options?: {
    /**
     * Milliseconds for which a channel stays after its last use: the last disconnect, call of `get()`, or publication. `Infinity` keeps it
     * until `close()`.
     * @default 60_000
     */
    readonly keep?: number | undefined
  },
): Channels<Events, Promise<Response>>
/**
 * Creates channels by id: for rooms, documents, jobs or users. A channel is created on first use. It stays while it has readers, and
 * for `keep` milliseconds (60,000 by default) after its last use: the last disconnect, call of `get()`, or publication. After that it is
 * closed, with the log that `optionsOf` created. The events of a `memoryLog()` are lost then; a stored log continues with the next use.
 * With `keep: Infinity` a channel stays until `close()`.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { respond } from 'eventwire/node'
 * import { createChannels } from 'eventwire/server'
 *
 * const rooms = createChannels<{ message: string }>(() => ({ stream: { heartbeat: 5_000 } }))
 * setInterval(() => void rooms.get('lobby').publish('message', 'hello'), 1_000)
 *
 * createServer((request, response) => {
 *   respond(rooms.get('lobby'), request, response, { from: 'start' })
 * }).listen(3000)
 *
 * @param optionsOf the options of the channel of an id, with a log of its own.
 * @throws {EventwireError} `invalid-option` when `optionsOf` is not a function, or `keep` is not a number from 0 up.
 */
export function createChannels<Events extends object = AnyEvents>(
  ...[optionsOf, options]: OptionsFor<Events, ChannelOptions<Events>> extends [options: unknown]
    ? [
        optionsOf: (id: string) => OptionsFor<Events, ChannelOptions<Events>>[0],
        options?: { readonly keep?: number | undefined },
      ]
    : [optionsOf?: (id: string) => ChannelOptions<Events> | undefined, options?: { readonly keep?: number | undefined }]
): Channels<Events>
export function createChannels(
  optionsOf: (id: string) => AnyChannelOptions | undefined = () => ({}),
  options?: { readonly keep?: number | undefined },
): Channels<any, any> {
  return new KeptChannels(optionsOf, options?.keep)
}

class KeptChannels implements Channels<any, any> {
  readonly #optionsOf: (id: string) => AnyChannelOptions | undefined
  readonly #keep: number
  readonly #kept = new Map<string, Kept>()
  #closed: ChannelCloseOptions | undefined

  constructor(optionsOf: (id: string) => AnyChannelOptions | undefined, keep = 60_000) {
    if (typeof optionsOf !== 'function')
      throw invalidOption('optionsOf', optionsOf, 'give a function that returns the options of a channel')
    if (typeof keep !== 'number' || !(keep >= 0)) throw invalidOption('keep', keep, 'give milliseconds')
    this.#optionsOf = optionsOf
    this.#keep = keep
  }

  get(id: string): Channel<any, any> {
    const kept = this.#kept.get(id) ?? this.#make(id)
    this.#use(id, kept)
    return kept.channel
  }

  has(id: string): boolean {
    return this.#kept.has(id)
  }

  get size(): number {
    return this.#kept.size
  }

  *[Symbol.iterator](): Iterator<readonly [string, Channel<any, any>]> {
    for (const [id, { channel }] of this.#kept) yield [id, channel]
  }

  async close(options: ChannelCloseOptions = {}): Promise<void> {
    await openChannel({}).close(options) // checks the options
    this.#closed = options
    await Promise.all([...this.#kept].map(([id, kept]) => this.#letGo(id, kept, options)))
  }

  #make(id: string): Kept {
    const options = this.#optionsOf(id) ?? {}
    const channel = openChannel(options, {
      onUse: () => this.#use(id, kept),
      onClose: () => this.#forget(id, kept),
    })
    registryOf.set(channel, this)
    const kept: Kept = { channel, log: options.log, usedAt: 0, timer: undefined }
    this.#kept.set(id, kept)
    if (this.#closed) void this.#letGo(id, kept, this.#closed)
    return kept
  }

  #use(id: string, kept: Kept): void {
    kept.usedAt = Date.now()
    if (kept.timer === undefined && !this.#closed && this.#kept.get(id) === kept) this.#wait(id, kept, this.#keep)
  }

  /** Starts the one timer of a channel. When it fires, it checks for a later use, so that a use resets no timer. */
  #wait(id: string, kept: Kept, delay: number): void {
    if (delay === Infinity) return
    kept.timer = setTimeout(
      () => {
        kept.timer = undefined
        const left = kept.usedAt + this.#keep - Date.now()
        // The disconnect of the last reader counts as a use.
        if (kept.channel.size > 0) return
        if (left > 0) this.#wait(id, kept, left)
        else void this.#letGo(id, kept)
      },
      Math.min(delay, MAX_TIMER),
    )
    unref(kept.timer)
  }

  async #letGo(id: string, kept: Kept, options?: ChannelCloseOptions): Promise<void> {
    // A channel that closes over a window has open streams: until it has closed, it is found, and publications reach them.
    if (options === undefined) this.#forget(id, kept)
    await kept.channel.close(options)
    this.#forget(id, kept)
    const { log } = kept
    kept.log = undefined
    await log?.close()
  }

  #forget(id: string, kept: Kept): void {
    clearTimeout(kept.timer)
    if (this.#kept.get(id) === kept) this.#kept.delete(id)
  }
}
