import { EventwireError } from '../../shared/errors.ts'
import { END_EVENT, GAP_EVENT, HEARTBEAT_COMMENT, RESERVED_PREFIX } from '../../shared/wire/names.ts'
import type { Message } from '../../shared/wire/parse.ts'
import type { RetryPolicy } from '../options.ts'
import type { TransportReceiver } from '../transport/transport.ts'
import { connect, hintAtPreflight, type Source } from './connection.ts'
import type { Dispatcher } from './dispatch.ts'
import { Listeners, report } from './listeners.ts'
import { PATIENCE, Watchdog } from './liveness.ts'
import { watchPage } from './page.ts'
import { decide, floorOf, isRetryable, policyOf, spanOf } from './retry.ts'
import { createStore, type WatchedStore } from './state.ts'
import type { Closed, Gap, SubscriptionState } from './subscription.ts'

/** The state machine: when to connect, wait, pause and close. One attempt at a time; what is superseded is silent. */
export class Lifecycle {
  readonly state: WatchedStore<SubscriptionState>
  readonly gaps: Listeners<Gap> = new Listeners()
  readonly comments: Listeners<string> = new Listeners()
  readonly #set: (state: SubscriptionState) => void
  readonly #source: Source
  readonly #dispatcher: Dispatcher
  readonly #policy: RetryPolicy
  readonly #watchdog: Watchdog
  /** What the server announces decides how long silence may last. */
  readonly #auto: boolean
  readonly #unwatch: () => void
  #attempt: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Losses since the last stable connection. */
  #failures = 0
  /** When the present connection was accepted; 0 before. */
  #openedAt = 0
  #everOpened = false
  /**
   * The heartbeat to expect, in milliseconds: what `idleTimeout` comes to, or the server's; that holds for the next attempt
   * too, until that is accepted.
   */
  #beat = 0
  #serverRetry: number | undefined
  /** The present stream has set `retry`; it has delivered an event. */
  #rotates = false
  #delivered = false
  /** Until when the server asked to be left alone. */
  #floorAt = 0

  constructor(source: Source, dispatcher: Dispatcher) {
    const { signal, idleTimeout = 'auto', pauseHidden } = source.options
    this.#source = source
    this.#dispatcher = dispatcher
    this.#policy = policyOf(source.options)
    this.#auto = idleTimeout === 'auto'
    if (!this.#auto) this.#beat = Number(idleTimeout) / PATIENCE
    this.#watchdog = new Watchdog(() => {
      this.#lost(new EventwireError('idle', `nothing came for ${Math.round(this.#beat * PATIENCE)} ms`))
    })
    ;[this.state, this.#set] = createStore<SubscriptionState>({ status: 'connecting', attempt: 1 })
    this.#unwatch = watchPage(this, pauseHidden)
    if (signal?.aborted) this.#aborted()
    else {
      signal?.addEventListener('abort', this.#aborted)
      queueMicrotask(() => !this.#attempt && this.state.get().status === 'connecting' && this.connect())
    }
  }

  /** Starts an attempt; the one before is aborted first. */
  connect(): void {
    if (this.state.get().status === 'closed') return
    this.#stop()
    this.#attempt = new AbortController()
    const { signal } = this.#attempt
    this.#rotates = this.#delivered = false
    this.#watchdog.start(this.#beat)
    this.#connecting()
    if (signal.aborted) return
    const settle = (end: () => void) => signal.aborted || this.#dispatcher.order(() => signal.aborted || end())
    connect(this.#source, this.#failures + 1, signal, this.#receiver(signal)).then(
      () => settle(() => this.close({ reason: 'server' })),
      (error) => settle(() => this.#lost(error)),
    )
  }

  pause(reason: 'manual' | 'hidden' | 'frozen'): void {
    const { status } = this.state.get()
    if (status === 'closed' || (status === 'paused' && reason !== 'manual')) return
    this.#stop()
    this.#set({ status: 'paused', reason })
  }

  resume(reason: 'manual' | 'hidden' | 'frozen'): void {
    const state = this.state.get()
    if (state.status === 'paused' && state.reason === reason) this.connect()
  }

  close(closed: Closed): void {
    if (this.state.get().status === 'closed') return
    const { reason, error } = closed
    this.#stop()
    this.#unwatch()
    this.#source.options.signal?.removeEventListener('abort', this.#aborted)
    this.#set({ status: 'closed', ...closed })
    const heard = error && this.#dispatcher.errors.emit(error)
    const looped = this.#dispatcher.close(reason === 'client' || reason === 'aborted', error)
    this.gaps.clear()
    this.comments.clear()
    if (error && !heard && !looped) report(error)
  }

  readonly #aborted = (): void => this.close({ reason: 'aborted' })

  /** Gives up what is under way: the connection, the wait. */
  #stop(): void {
    this.#age()
    clearTimeout(this.#timer)
    this.#watchdog.stop()
    this.#attempt?.abort()
  }

  /** A connection that lasted starts the count of failures anew. */
  #age(): void {
    if (this.#openedAt && Date.now() - this.#openedAt >= (this.#policy.stableAfter ?? 10_000)) this.#failures = 0
    this.#openedAt = 0
  }

  #connecting(): void {
    const attempt = this.#failures + 1
    const state = this.state.get()
    if (state.status !== 'connecting' || state.attempt !== attempt) this.#set({ status: 'connecting', attempt })
  }

  #receiver(signal: AbortSignal): TransportReceiver {
    const { cursor } = this.#source
    let first = true
    return {
      open: (url, headers) => {
        const since = Date.now()
        this.#openedAt = since
        this.#everOpened = true
        // The announcement has to come again.
        if (this.#auto) this.#expect(0)
        this.#set({ status: 'open', since, url, headers })
      },
      message: (message) => this.#message(message),
      comment: (text) => {
        const beat = first && text.startsWith(HEARTBEAT_COMMENT) ? Number(text.slice(HEARTBEAT_COMMENT.length)) : 0
        first = false
        if (beat > 0 && this.#auto) this.#expect(beat)
        this.comments.emit(text)
      },
      retry: (delay) => {
        this.#serverRetry = delay
        this.#rotates = true
      },
      alive: (id = cursor.received) => {
        this.#watchdog.touch()
        if (id !== cursor.received) this.#moved(id)
      },
      ready: () => {
        const ready = this.#dispatcher.ready()
        // Silence that comes from not reading is not the server's.
        this.#watchdog.pause(ready !== undefined)
        return ready
      },
      interrupted: (cause) =>
        this.#dispatcher.order(() => {
          if (!signal.aborted)
            this.#lost(new EventwireError('network', `connection was interrupted: ${cause}`, { cause }), true)
        }),
    }
  }

  #expect(beat: number): void {
    this.#beat = beat
    this.#watchdog.start(beat)
  }

  #message(message: Message): void {
    if (message.type.startsWith(RESERVED_PREFIX)) this.#control(message)
    else {
      this.#source.cursor.received = message.id
      if (this.#isLast(message)) this.#end('until')
      else this.#dispatcher.accept(message)
    }
    this.#delivered = true
  }

  /** What the server says to us and not to listeners. */
  #control({ type, data, id }: Message): void {
    if (type === END_EVENT) this.#end('server')
    else this.#moved(id)
    if (type === GAP_EVENT) this.#dispatcher.order(() => this.gaps.emit({ ...readGap(data), id }))
  }

  #end(reason: 'server' | 'until'): void {
    this.#attempt?.abort()
    this.#dispatcher.order(() => this.close({ reason }))
  }

  #isLast(message: Message): boolean {
    const { until } = this.#source.options
    if (until === undefined) return false
    try {
      return until(message) === true
    } catch (error) {
      report(error)
      return false
    }
  }

  #moved(id: string): void {
    const { cursor } = this.#source
    cursor.received = id
    this.#dispatcher.order(() => this.#dispatcher.release(cursor.hold(id)))
  }

  /** An attempt is over. `mending`: the transport makes the next. */
  #lost(error: EventwireError, mending = false): void {
    if (mending) this.#age()
    else this.#stop()
    const clean = error.code === 'stream-ended'
    if (clean && this.#rotates && this.#delivered) this.#failures = 0
    const attempt = ++this.#failures
    const floor = floorOf(error, this.#serverRetry)
    const span = spanOf(this.#policy, attempt, this.#serverRetry)
    const delay = decide(this.#source, error, attempt, Math.round(floor + Math.random() * span))
    const willRetry = delay !== false
    Object.assign(error, { attempt, willRetry, ...(willRetry && !mending && { retryIn: delay }) })
    if (attempt > 1 && this.#everOpened) hintAtPreflight(error, this.#source)
    if (!willRetry) {
      const reason = isRetryable(error) ? 'exhausted' : 'fatal'
      this.close(clean ? { reason: 'server' } : { reason, error })
      return
    }
    this.#floorAt = Date.now() + floor
    if (mending) this.#connecting()
    else this.#wait(delay, error)
    this.#dispatcher.errors.emit(error)
  }

  #wait(delay: number, error: EventwireError): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.connect(), delay)
    this.#set({ status: 'waiting', attempt: this.#failures + 1, delay, retryAt: Date.now() + delay, error })
  }

  /** Cuts a wait short. What ended it comes to all clients at once: they spread over a second, none before it may. */
  wake(): void {
    const state = this.state.get()
    if (state.status !== 'waiting') return
    const now = Date.now()
    const delay = Math.max(this.#floorAt - now, Math.random() * 1000)
    if (now + delay < state.retryAt) this.#wait(delay, state.error!)
  }
}

function readGap(data: string): Omit<Gap, 'id'> {
  try {
    return JSON.parse(data)
  } catch {
    return { reason: 'malformed' }
  }
}
