import type { Gap, Subscription, SubscriptionState } from 'eventwire/client'
import { type EventLog, memoryLog } from 'eventwire/server'
import { startClient, type View } from './client.ts'
import { Network } from './network.ts'
import { Pane } from './panes.ts'
import { type AppEvents, type Server, startServer } from './server.ts'
import { TEMPLATE } from './template.ts'

export interface PlaygroundOptions {
  /** Milliseconds between two events. */
  readonly interval?: number
  /** Milliseconds that a restart takes. */
  readonly downtime?: number
  /** Publish at once. Where the reader prefers reduced motion, the playground waits for its button. */
  readonly running?: boolean
}

/** How many events the history holds: a client that misses more receives a gap. */
const MAX_EVENTS = 20

/** Both ends of a channel in one page, and the network between them. */
export class Playground implements View {
  readonly #network = new Network()
  readonly #buttons: Record<string, HTMLButtonElement>
  readonly #story: HTMLElement
  readonly #server: Pane
  readonly #client: Pane
  readonly #subscription: Subscription<AppEvents>
  readonly #options: Required<PlaygroundOptions>
  #log: EventLog = memoryLog({ maxEvents: MAX_EVENTS })
  #running: Server | undefined
  #ticking: ReturnType<typeof setInterval> | undefined
  #restarting: ReturnType<typeof setTimeout> | undefined
  #countdown: ReturnType<typeof setInterval> | undefined
  #published = 0
  #received = 0
  /** The last event that was published before the client connected: up to here events are replayed. */
  #replayedUpTo = 0
  /** Whether this connection has reported a gap. */
  #missing = false

  constructor(root: HTMLElement, options: PlaygroundOptions = {}) {
    const {
      interval = 1_000,
      downtime = 1_500,
      running = !matchMedia('(prefers-reduced-motion: reduce)').matches,
    } = options
    this.#options = { interval, downtime, running }
    root.innerHTML = TEMPLATE
    const [server, client] = root.querySelectorAll('section')
    this.#server = new Pane(server!)
    this.#client = new Pane(client!)
    this.#story = root.querySelector<HTMLElement>('[role=status]')!
    this.#buttons = Object.fromEntries(
      [...root.querySelectorAll('button')].map((button) => [button.dataset.action, button]),
    )
    this.#buttons.run!.onclick = () => this.#run(this.#ticking === undefined)
    this.#buttons.cut!.onclick = () => this.#cut()
    this.#buttons.slow!.onclick = () => this.#setSlow(!this.#network.slow)
    this.#buttons.restart!.onclick = () => this.#restart(this.#log, 'with its history')
    this.#buttons.forget!.onclick = () => this.#restart(memoryLog({ maxEvents: MAX_EVENTS }), 'without history')
    this.#start('with an empty history')
    this.#subscription = startClient(this.#network.fetch, this)
    this.#run(running)
    this.#setSlow(false)
    this.#narrate(
      running ? 'Cut the connection and see what happens.' : 'Press Start: the server publishes an event each second.',
    )
  }

  /** Closes the client and the server. */
  close(): void {
    clearInterval(this.#ticking)
    clearTimeout(this.#restarting)
    this.#subscription.close()
    clearInterval(this.#countdown)
    void this.#running?.stop()
  }

  showTick(count: number): void {
    this.#received = count
    const replayed = count <= this.#replayedUpTo
    this.#client.add(`tick ${count}`, 'tick', replayed ? 'replayed' : '')
    if (count === this.#replayedUpTo && !this.#missing)
      this.#narrate('Reconnected. The client has received the events it missed.')
    this.#showLag()
  }

  showGap({ reason }: Gap): void {
    this.#missing = true
    this.#client.add(`gap: ${reason}`, 'gap')
    this.#narrate(
      reason === 'epoch'
        ? 'The server has lost its history. The client receives a gap, reason epoch.'
        : `The client missed more than the ${MAX_EVENTS} events of the history. It receives a gap, reason ${reason}.`,
    )
  }

  showState(state: SubscriptionState): void {
    clearInterval(this.#countdown)
    if (state.status === 'open') this.#opened()
    else if (state.status === 'waiting') this.#countDown(state.retryAt)
    else this.#client.setState(state.status === 'connecting' ? 'waiting' : 'closed', state.status)
  }

  #opened(): void {
    this.#missing = false
    this.#replayedUpTo = this.#received === 0 ? 0 : this.#published
    if (this.#received > 0 && this.#received === this.#published)
      this.#narrate('Reconnected. The client has missed nothing.')
    this.#showLag()
  }

  #countDown(retryAt: number): void {
    const show = () => {
      const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1_000))
      this.#client.setState('waiting', `waiting, retry in ${seconds} s`)
    }
    show()
    this.#countdown = setInterval(show, 250)
  }

  #showLag(): void {
    if (this.#subscription?.state.get().status === 'waiting') return
    const behind = this.#published - this.#received
    this.#client.setState('open', this.#network.slow && behind > 0 ? `open, ${behind} behind` : 'open')
  }

  #run(running: boolean): void {
    clearInterval(this.#ticking)
    this.#ticking = running ? setInterval(() => this.#tick(), this.#options.interval) : undefined
    this.#buttons.run!.textContent = running ? 'Pause' : 'Start'
  }

  #tick(): void {
    if (this.#running === undefined) return
    this.#published++
    this.#server.add(`tick ${this.#published}`, 'tick')
    this.#running.publish(this.#published)
    this.#showLag()
  }

  #cut(): void {
    if (this.#network.online) {
      this.#network.cut()
      this.#narrate('The connection is cut. The server keeps publishing, and the client retries.')
    } else {
      this.#network.restore()
      this.#narrate('The network is back. The next attempt of the client succeeds.')
    }
    this.#labelButtons()
  }

  #setSlow(slow: boolean): void {
    this.#network.slow = slow
    this.#narrate(
      slow ? 'The client takes one event every 2.5 seconds and falls behind.' : 'The client catches up, in order.',
    )
    this.#labelButtons()
  }

  #labelButtons(): void {
    this.#buttons.cut!.textContent = this.#network.online ? 'Cut the connection' : 'Restore the connection'
    this.#buttons.slow!.textContent = this.#network.slow ? 'Make the client fast' : 'Make the client slow'
  }

  /** Stops the server as a crash does, and starts another one on this log. */
  #restart(log: EventLog, how: string): void {
    clearTimeout(this.#restarting)
    const stopped = this.#running
    this.#running = this.#network.handle = undefined
    this.#network.dropConnections()
    void stopped?.stop()
    this.#log = log
    this.#server.setState('closed', 'restarting')
    this.#narrate(`The server restarts ${how}.`)
    this.#restarting = setTimeout(() => this.#start(how), this.#options.downtime)
  }

  #start(how: string): void {
    const server = startServer(this.#log)
    this.#running = server
    this.#network.handle = server.handle
    this.#server.setState('open', 'running')
    this.#server.add(`started ${how}`, 'note')
  }

  #narrate(story: string): void {
    this.#story.textContent = story
  }
}
