import { EventwireError } from '../../shared/errors.ts'
import type { Connect, Connection } from './driver.ts'
import type { Script } from './scripts.ts'

/** A script to run. */
export interface Order {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly string[]
  /** Milliseconds to wait for its answer. */
  readonly timeout: number
  /** What it is for, for the error. */
  readonly purpose: string
}

interface Command extends Order {
  readonly resolve: (answer: unknown) => void
  readonly reject: (cause: unknown) => void
  sent: boolean
}

/**
 * Runs scripts over one connection, in the order in which they were given, whatever happens to the script cache. While there is
 * no connection they wait here, each no longer than its timeout.
 */
export class Commands {
  readonly #connect: Connect
  readonly #waiting = new Set<Command>()
  readonly #shas = new Map<Script, string>()
  #connection: Connection | undefined
  /** Sent, and not answered. */
  #flying = 0
  /** Those that found no script, in order; whatever is new waits until they have been sent again. */
  #again: Command[] = []
  #destroyed = false

  constructor(connect: Connect, scripts: readonly Script[]) {
    this.#connect = connect
    this.#open(scripts).catch(() => {})
  }

  run(order: Order): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(command), order.timeout)
      const command: Command = {
        ...order,
        sent: false,
        resolve: (answer) => {
          clearTimeout(timer)
          resolve(answer)
        },
        reject: (cause) => {
          clearTimeout(timer)
          this.#waiting.delete(command)
          reject(cause)
        },
      }
      this.#waiting.add(command)
      this.#flush()
    })
  }

  destroy(): void {
    this.#destroyed = true
    this.#connection?.destroy()
    for (const command of this.#waiting)
      command.reject(new EventwireError('closed', `${command.purpose}: the log is closed`))
  }

  async #open(scripts: readonly Script[]): Promise<void> {
    for (const script of scripts) this.#shas.set(script, await script.sha)
    this.#reconnect()
  }

  #reconnect(): void {
    this.#connection?.destroy()
    if (this.#destroyed) return
    const connection = this.#connect(() => {
      if (this.#connection === connection) this.#flush()
    })
    this.#connection = connection
    // An adapter may be ready before it says so.
    this.#flush()
  }

  #flush(): void {
    if (!this.#connection?.ready || this.#again.length > 0) return
    for (const command of this.#waiting) this.#send(command, 'EVALSHA')
    this.#waiting.clear()
  }

  #send(command: Command, how: 'EVALSHA' | 'EVAL'): void {
    const { script, keys, args } = command
    const body = how === 'EVAL' ? script.text : this.#shas.get(script)!
    command.sent = true
    this.#flying++
    const landed = () => {
      this.#flying--
      if (this.#flying === 0 && this.#again.length > 0) this.#sendAgain()
    }
    this.#connection!.send([how, body, `${keys.length}`, ...keys, ...args]).then(
      (answer) => {
        command.resolve(answer)
        landed()
      },
      (cause) => {
        if (how === 'EVALSHA' && String(cause).includes('NOSCRIPT')) this.#again.push(command)
        else command.reject(cause)
        landed()
      },
    )
  }

  #sendAgain(): void {
    const commands = this.#again
    this.#again = []
    for (const command of commands) this.#send(command, 'EVAL')
    this.#flush()
  }

  /** A connection that does not answer is given up with all that waits in it: nothing may pile up behind it. */
  #giveUp(command: Command): void {
    const { sent, timeout, purpose } = command
    const [state, outcome] = sent ? ['did not answer', 'may have happened'] : ['was not reachable', 'has not happened']
    command.reject(
      new EventwireError('log-failed', `${purpose}: Redis ${state} within ${timeout} ms; it ${outcome}, try again`),
    )
    if (sent) this.#reconnect()
  }
}
