import { onAbort } from '../../shared/abort.ts'
import type { EventwireError } from '../../shared/errors.ts'
import { Listeners } from '../../shared/listeners.ts'
import { notify } from '../../shared/observe.ts'
import { report } from '../../shared/report.ts'
import { createStore, type Store } from '../../shared/store.ts'
import type { Gap } from '../../shared/wire/gap.ts'
import { Attempts } from './attempts.ts'
import { connect, hasNoBase, type Source } from './connection.ts'
import type { Dispatcher, DispatchOwner } from './dispatch.ts'
import { closeListenable } from './listenable.ts'
import { Watchdog } from './liveness.ts'
import { watchPage } from './page.ts'
import { createReceiver, type ReceiverOwner } from './receiver.ts'
import { reportData } from './report-data.ts'
import type { CloseInfo, PauseReason, SubscriptionState } from './subscription.ts'

/** The state machine: when to connect, wait, pause and close. One attempt at a time; what is superseded is silent. */
export class Lifecycle implements DispatchOwner, ReceiverOwner {
  readonly state: Store<SubscriptionState>
  readonly gaps: Listeners<Gap> = new Listeners()
  readonly comments: Listeners<string> = new Listeners()
  readonly #set: (state: SubscriptionState) => void
  readonly source: Source
  readonly dispatcher: Dispatcher
  readonly watchdog: Watchdog
  readonly attempts: Attempts
  readonly #watchPage: () => () => void
  /** Stops following the page; a lazy subscription without listeners does not follow it, so that it can be forgotten. */
  #unwatch: (() => void) | undefined
  #offAbort: (() => void) | undefined
  #attempt: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The watchers of `state`, each as the function that removes it. */
  readonly #watchers = new Set<() => void>()
  /** The earliest time of the next attempt, as the server asked. */
  #notBefore = 0

  constructor(source: Source, dispatcher: Dispatcher) {
    const { signal, lazy, pauseHidden } = source.options
    this.source = source
    this.dispatcher = dispatcher
    dispatcher.owner = this
    this.attempts = new Attempts(source)
    this.watchdog = new Watchdog(source.options, (error) => this.lost(error))
    ;[this.state, this.#set] = createStore<SubscriptionState>(
      lazy ? { status: 'paused', reason: 'idle' } : { status: 'connecting', attempt: 1 },
    )
    this.#watchPage = () => watchPage(this, pauseHidden)
    if (!lazy) this.#unwatch = this.#watchPage()
    const abort = () => this.close({ reason: 'aborted' })
    if (signal?.aborted) abort()
    else {
      this.#offAbort = signal && onAbort(signal, abort)
      queueMicrotask(() => !this.#attempt && this.state.get().status === 'connecting' && this.connect())
    }
  }

  /** Starts an attempt; the one before is aborted first. */
  connect(): void {
    const state = this.state.get()
    if (state.status === 'closed') return
    this.#stop()
    if (!this.#isWanted()) {
      this.#idle()
      return
    }
    this.#unwatch ??= this.#watchPage()
    this.#attempt = new AbortController()
    const { signal } = this.#attempt
    this.attempts.delivered = false
    this.watchdog.start()
    this.#connecting()
    if (signal.aborted) return
    const settle = (end: () => void) => this.dispatcher.runInOrder(() => signal.aborted || end())
    connect(this.source, this.attempts.next, signal, createReceiver(this, signal)).then(
      () => settle(() => this.close({ reason: 'server', end: 'no-content' })),
      (error) => settle(() => this.lost(error)),
    )
  }

  pause(reason: PauseReason): void {
    const { status } = this.state.get()
    if (status === 'closed' || (status === 'paused' && reason !== 'manual')) return
    this.#stop()
    if (reason === 'idle') this.#idle()
    else this.#set({ status: 'paused', reason })
  }

  #idle(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#set({ status: 'paused', reason: 'idle' })
  }

  resume(reason: PauseReason): void {
    const state = this.state.get()
    if (state.status === 'paused' && state.reason === reason) this.connect()
  }

  close(closed: CloseInfo): void {
    if (this.state.get().status === 'closed') return
    this.#stop()
    this.#unwatch?.()
    this.#offAbort?.()
    this.#set({ status: 'closed', ...closed })
    this.comments.clear()
    const reported = closeListenable({ dispatcher: this.dispatcher, gaps: this.gaps }, closed)
    if (closed.error && !reported) report(closed.error)
  }

  /** Counts a watcher of the state until it is removed. */
  watch(remove: () => void): () => void {
    this.#watchers.add(remove)
    this.consumersChanged()
    return () => {
      remove()
      this.#watchers.delete(remove)
      this.consumersChanged()
    }
  }

  /**
   * Leaving the last loop closes the subscription. A lazy one connects in a microtask, so that all listeners of this tick receive the first
   * event. It disconnects in a later task, so that a component that is mounted again keeps its connection.
   */
  consumersChanged(loopEnded?: boolean): void {
    if (!this.source.options.lazy) {
      if (loopEnded && this.dispatcher.consumers === 0) this.close({ reason: 'client' })
    } else if (this.#isWanted()) queueMicrotask(() => this.resume('idle'))
    else setTimeout(() => this.#isWanted() || this.pause('idle'))
  }

  dataRefused(error: EventwireError): void {
    const state = this.state.get()
    if (state.status === 'open') this.#set({ ...state, error })
    reportData(error)
  }

  /** Whether there is a consumer to connect for, and a URL to connect to. */
  #isWanted(): boolean {
    const { options, url } = this.source
    return !options.lazy || (this.#watchers.size + this.dispatcher.consumers > 0 && !hasNoBase(url))
  }

  /** Gives up what is under way: the connection, the wait. */
  #stop(): void {
    this.attempts.over()
    clearTimeout(this.#timer)
    this.watchdog.stop()
    this.#attempt?.abort()
  }

  #connecting(): void {
    const attempt = this.attempts.next
    const state = this.state.get()
    if (state.status !== 'connecting' || state.attempt !== attempt) this.#set({ status: 'connecting', attempt })
  }

  opened(url: string, headers: Headers): void {
    const since = Date.now()
    this.attempts.opened(since)
    this.watchdog.opened()
    this.#set({ status: 'open', since, url, headers })
  }

  end(closed: CloseInfo): void {
    this.#attempt?.abort()
    this.dispatcher.runInOrder(() => this.close(closed))
  }

  /** An attempt is over. `reconnecting`: the transport makes the next. */
  lost(error: EventwireError, reconnecting = false): void {
    if (reconnecting) this.attempts.over()
    else this.#stop()
    const { floor, next } = this.attempts.failed(error, reconnecting)
    if (typeof next !== 'number') {
      this.close(next === 'complete' ? { reason: 'server', end: next } : { reason: next, error })
      return
    }
    this.#notBefore = Date.now() + floor
    if (reconnecting) this.#connecting()
    else this.#wait(next, error)
    this.dispatcher.errors.emit(error)
    notify?.('client.retry', { error })
  }

  #wait(delay: number, error: EventwireError): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.connect(), delay)
    this.#set({ status: 'waiting', attempt: this.attempts.next, delay, retryAt: Date.now() + delay, error })
  }

  /** Shortens a wait. An event such as `online` reaches all clients at once, so they spread over a second, and none is earlier than its floor. */
  wake(): void {
    const state = this.state.get()
    if (state.status !== 'waiting') return
    const now = Date.now()
    const delay = Math.max(this.#notBefore - now, Math.random() * 1000)
    if (now + delay < state.retryAt) this.#wait(delay, state.error!)
  }
}
