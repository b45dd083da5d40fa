import { HEARTBEAT_COMMENT } from '../../shared/wire/names.ts'
import type { TransportReceiver } from '../transport/transport.ts'

/** By how many heartbeats a connection must be silent to count as mute. The client gives it up after 2.5. */
const MISSED = 1.2
/** After how many heartbeats with bytes a stream has proved that it passes. */
const PROVEN = 5
/** An announced heartbeat under this many milliseconds is not believed: other servers announce seconds. */
const SHORTEST_HEARTBEAT = 1_000

/** Watches one connection for silence. */
export class Silence {
  /** The receiver of the connection, whose reports this watches. */
  readonly receiver: TransportReceiver
  readonly #startedAt = Date.now()
  #lastByte = 0
  #heartbeat: number | undefined
  #isPaused = false

  /**
   * @param opens - Whether the head of the response is the only sign of life, as with an EventSource that shows no comments.
   * @param onFirstByte - Called once.
   */
  constructor(receiver: TransportReceiver, opens: boolean, onFirstByte?: () => void) {
    const onByte = () => {
      const isFirst = this.#lastByte === 0
      this.#lastByte = Date.now()
      if (isFirst) onFirstByte?.()
    }
    this.receiver = {
      ...receiver,
      open(url, headers) {
        receiver.open(url, headers)
        if (opens) onByte()
      },
      alive(id) {
        onByte()
        receiver.alive(id)
      },
      comment: (text) => {
        const heartbeat = text.startsWith(HEARTBEAT_COMMENT) ? Number(text.slice(HEARTBEAT_COMMENT.length)) : 0
        if (heartbeat >= SHORTEST_HEARTBEAT) this.#heartbeat ??= heartbeat
        receiver.comment(text)
      },
      ready: () => {
        const ready = receiver.ready()
        this.#isPaused = ready !== undefined
        return ready
      },
    }
  }

  /** The heartbeat that the server has announced, in milliseconds. */
  get heartbeat(): number | undefined {
    return this.#heartbeat
  }

  /** Whether any byte has come. */
  get hasSpoken(): boolean {
    return this.#lastByte > 0
  }

  /** Whether it has gone silent for longer than its heartbeats allow, from early on. Silence that comes from not reading is ours. */
  get isMute(): boolean {
    const heartbeat = this.#heartbeat
    if (this.#isPaused || heartbeat === undefined) return false
    return Date.now() - this.#lastByte > heartbeat * MISSED && this.#lastByte - this.#startedAt < heartbeat * PROVEN
  }
}
