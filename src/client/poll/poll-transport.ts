import { onAbort } from '../../shared/abort.ts'
import { EventwireError } from '../../shared/errors.ts'
import { END_EVENT, TRACE_COMMENT } from '../../shared/wire/names.ts'
import { LONGEST_POLL } from '../../shared/wire/page.ts'
import type { SubscribeOptions } from '../options.ts'
import type { Transport, TransportReceiver, TransportRequest } from '../transport/transport.ts'
import { LinkedAbort } from './linked-abort.ts'
import { type Page, readPage } from './read-page.ts'
import { Silence } from './silence.ts'
import { type ConnectionEnd, NOBODY, tryStream } from './try-stream.ts'

/** How many mute connections in a row end streaming. */
const MUTE_CONNECTIONS = 2
/** By how many heartbeats a first byte may be late, where the server is known to send them. */
const FIRST_HEARTBEATS = 2
/** The part of `idleTimeout` in which the first byte has to come. */
const IDLE_PART = 0.8
/** Milliseconds that a page may take. */
const PAGE_TIME = LONGEST_POLL + 10_000
/** The least milliseconds between two pages that do not lead on, or that begin anew. */
const SHORTEST_ROUND = 1_000
/** Milliseconds between two signs of life while a page is awaited, so that `idleTimeout` does not end the wait. */
const ALIVE_EVERY = 1_000

/** The options of `poll()`, checked. */
export interface PollSettings {
  readonly timeout: number
  readonly streamAfter: number
}

/**
 * The transport of one subscription: streams over another transport, and pages while streams stay mute. A page is a connection that
 * is to be made again, so that each has the present cursor, URL and headers.
 */
export class PollTransport implements Transport {
  readonly #stream: Transport
  readonly #settings: PollSettings
  #isPolling = false
  /** Mute connections in a row. */
  #mute = 0
  /** The heartbeat that a stream has announced, in milliseconds. */
  #heartbeat = Infinity
  /** When to try streams again while it polls, and pages again while it streams. */
  #againAt = 0
  /** The attempt whose first page has been reported as its opening. */
  #opened: AbortSignal | undefined
  #streamCursor: string | undefined
  /** When the last page was requested that began anew. */
  #anewAt = 0
  #isProbing = false
  /** Gives the present page up. */
  #leavePage: (() => void) | undefined

  constructor(stream: Transport, settings: PollSettings) {
    this.#stream = stream
    this.#settings = settings
  }

  get byName(): boolean {
    return this.#stream.byName ?? false
  }

  refuses(options: SubscribeOptions<any>): string | undefined {
    return this.#stream.refuses?.(options)
  }

  connect(request: TransportRequest, receiver: TransportReceiver): Promise<ConnectionEnd> {
    return this.#isPolling ? this.#poll(request, receiver) : this.#connect(request, receiver)
  }

  async #connect(request: TransportRequest, receiver: TransportReceiver): Promise<ConnectionEnd> {
    const silence = new Silence(receiver, this.byName)
    const timeout = this.#timeoutFor(request)
    this.#opened = undefined
    let isMute = false
    try {
      const end = await tryStream(this.#stream, request, silence, timeout)
      if (end !== 'mute') return end
      isMute = true
    } finally {
      this.#heartbeat = silence.heartbeat ?? this.#heartbeat
      if (isMute || silence.hasSpoken) this.#count(isMute || silence.isMute)
    }
    if (this.#isPolling) return 'again'
    throw new EventwireError('idle', `no byte arrived within ${Math.round(timeout)} ms`)
  }

  /** A watchdog of the subscription would end the connection without saying why. */
  #timeoutFor({ options: { idleTimeout } }: TransportRequest): number {
    const idle = (Number(idleTimeout) || Infinity) * IDLE_PART
    return Math.min(this.#settings.timeout, this.#heartbeat * FIRST_HEARTBEATS, idle)
  }

  /** Counts a connection. One that failed before its first byte says nothing about streams. */
  #count(isMute: boolean): void {
    this.#mute = isMute ? this.#mute + 1 : 0
    if (this.#mute >= MUTE_CONNECTIONS && Date.now() >= this.#againAt) this.#switch(true)
  }

  #switch(isPolling: boolean): void {
    this.#isPolling = isPolling
    this.#againAt = Date.now() + this.#settings.streamAfter
  }

  /** Reads one page. */
  async #poll(request: TransportRequest, receiver: TransportReceiver): Promise<ConnectionEnd> {
    const { signal } = request
    if (Date.now() >= this.#againAt) void this.#probe(request)
    const startedAt = Date.now()
    const page = await this.#read(request, receiver)
    if (signal.aborted) return 'stopped'
    if (!this.#isPolling) return 'again'
    if (page === undefined) {
      this.#switch(false)
      this.#mute = 0
      throw new EventwireError(
        'idle',
        `streams are held back, and ${request.url} has no pages; add poll: pages() to its channel`,
      )
    }
    this.#streamCursor = page.streamCursor
    if (this.#opened !== signal) receiver.open(page.url, page.headers)
    this.#opened = signal
    await deliver(page, request, receiver)
    let since = page.next === request.lastEventId ? startedAt : 0
    // It begins anew, behind a gap.
    if (page.status >= 400) [since, this.#anewAt] = [this.#anewAt, startedAt]
    await pause(SHORTEST_ROUND + Math.min(since - Date.now(), 0), signal)
    return signal.aborted ? 'stopped' : 'again'
  }

  /** @returns `undefined` for a server without pages, also when no page came in time, and when the page was left. */
  async #read(request: TransportRequest, receiver: TransportReceiver): Promise<Page | undefined> {
    const abort = new LinkedAbort(request.signal)
    this.#leavePage = abort.abort
    const timer = setTimeout(abort.abort, PAGE_TIME)
    const alive = setInterval(() => receiver.alive(), ALIVE_EVERY)
    const stop = () => {
      clearTimeout(timer)
      clearInterval(alive)
    }
    // A `fetch` that ignores its signal may never settle.
    onAbort(abort.signal, stop)
    try {
      return await readPage({ ...request, signal: abort.signal }, this.#streamCursor)
    } catch (error) {
      if (abort.signal.aborted && !request.signal.aborted) return undefined
      throw error
    } finally {
      stop()
      abort.unlink()
      this.#leavePage = undefined
    }
  }

  /**
   * Makes a connection beside the polls, to see whether streams pass again. It is dropped at its first byte: the stream that follows
   * begins at the cursor that the pages have reached by then, so no event is lost or repeated.
   */
  async #probe(request: TransportRequest): Promise<void> {
    if (this.#isProbing) return
    this.#isProbing = true
    this.#againAt = Date.now() + this.#settings.streamAfter
    const abort = new LinkedAbort(request.signal)
    const silence = new Silence(NOBODY, this.byName, () => {
      abort.abort()
      // One mute connection is enough from now on.
      this.#mute = MUTE_CONNECTIONS - 1
      this.#isPolling = false
      this.#againAt = 0
      this.#leavePage?.()
    })
    await tryStream(this.#stream, { ...request, signal: abort.signal }, silence, this.#settings.timeout).catch(() => {})
    abort.unlink()
    this.#isProbing = false
  }
}

async function deliver(page: Page, { signal }: TransportRequest, receiver: TransportReceiver): Promise<void> {
  for (const message of page.messages) {
    if (signal.aborted) return
    if (message.traceparent) receiver.comment(`${TRACE_COMMENT}${message.id} ${message.traceparent}`)
    receiver.message(message)
  }
  if (signal.aborted) return
  receiver.alive(page.next)
  for (let room = receiver.ready(); room && !signal.aborted; room = receiver.ready()) await room
  if (page.end !== undefined && !signal.aborted) receiver.message({ type: END_EVENT, data: page.end, id: page.next })
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      unlink()
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    const unlink = onAbort(signal, done)
  })
}
