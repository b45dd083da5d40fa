import { EventwireError } from '../../../shared/errors.ts'
import type { Connect, RedisConnection } from './driver.ts'
import { SCRIPT, shaOfScript } from './script.ts'

/** Keys and arguments of the script. */
export interface ScriptCall {
  readonly keys: readonly string[]
  readonly args: readonly string[]
  /** Milliseconds to wait for its reply. */
  readonly timeout: number
  /** The purpose of the command, for the error message. */
  readonly purpose: string
}

interface Command extends ScriptCall {
  readonly resolve: (reply: unknown) => void
  readonly reject: (cause: unknown) => void
  sent: boolean
}

/**
 * Runs the script over one connection, in the order in which they were given, also when the script cache is emptied. While there is
 * no connection they wait here, each no longer than its timeout.
 */
export class Commands {
  readonly #connect: Connect
  readonly #waiting = new Set<Command>()
  #sha = ''
  #connection: RedisConnection | undefined
  /** Sent, and without a reply. */
  #flying = 0
  /** Commands that failed because Redis had no script, in order. New commands wait until these have been sent again. */
  #again: Command[] = []
  /** Whether this connection has brought the script with its first command. */
  #loaded = false
  #connectedAt = 0
  #destroyed = false

  constructor(connect: Connect) {
    this.#connect = connect
    shaOfScript().then((sha) => {
      this.#sha = sha
      this.#reconnect()
    })
  }

  run(call: ScriptCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(command), call.timeout)
      const command: Command = {
        ...call,
        sent: false,
        resolve: (reply) => {
          clearTimeout(timer)
          resolve(reply)
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

  #reconnect(): void {
    this.#connection?.destroy()
    if (this.#destroyed) return
    const connection = this.#connect(() => {
      if (this.#connection !== connection) return
      this.#loaded = false
      this.#flush()
    })
    this.#connection = connection
    this.#connectedAt = Date.now()
  }

  #flush(): void {
    if (!this.#connection?.ready || this.#again.length > 0) return
    for (const command of this.#waiting) {
      this.#send(command, this.#loaded ? 'EVALSHA' : 'EVAL')
      this.#loaded = true
    }
    this.#waiting.clear()
  }

  #send(command: Command, how: 'EVALSHA' | 'EVAL'): void {
    const { keys, args } = command
    command.sent = true
    this.#flying++
    const landed = () => {
      this.#flying--
      if (this.#flying === 0 && this.#again.length > 0) this.#sendAgain()
    }
    const connection = this.#connection!
    connection.send([how, how === 'EVAL' ? SCRIPT : this.#sha, `${keys.length}`, ...keys, ...args]).then(
      (reply) => {
        command.resolve(reply)
        landed()
      },
      (cause) => {
        if (how === 'EVALSHA' && String(cause).includes('NOSCRIPT')) this.#again.push(command)
        else command.reject(cause)
        // A master that has become a replica: the client finds the new one when it connects.
        if (String(cause).includes('READONLY')) this.#renew(connection)
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

  /** A connection that does not reply is given up with all that waits in it: nothing may pile up behind it. */
  #giveUp(command: Command): void {
    const { sent, timeout, purpose } = command
    const [state, outcome] = sent ? ['did not reply', 'may have happened'] : ['was not reachable', 'has not happened']
    command.reject(
      new EventwireError('log-failed', `${purpose}: Redis ${state} within ${timeout} ms; it ${outcome}, try again`),
    )
    if (sent) this.#reconnect()
  }

  /** Once a second at most. */
  #renew(connection: RedisConnection): void {
    if (this.#connection !== connection || Date.now() - this.#connectedAt < 1_000) return
    this.#reconnect()
  }
}
