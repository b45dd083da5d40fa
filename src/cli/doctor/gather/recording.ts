import { controlIn } from '../../../shared/wire/control-comment.ts'
import { HEARTBEAT_COMMENT } from '../../../shared/wire/names.ts'
import { createParser, type Message, type Parser } from '../../../shared/wire/parse.ts'
import type { End, Exchange, Piece, SeenEvent } from '../evidence.ts'

/** How many chunks and events are kept. The first ones are enough. */
const MOST = 1_000
/** How much text of the body is kept. */
const EXCERPT = 2_048
const LF = 10
const CR = 13

/** Writes down one exchange while it happens. */
export class Recording implements Exchange {
  status: number | undefined
  httpVersion = ''
  headers: Readonly<Record<string, string>> = {}
  reachedAt: number | undefined
  connectedAt: number | undefined
  headAt: number | undefined
  firstByteAt: number | undefined
  lastByteAt: number | undefined
  received = 0
  heartbeat: number | undefined
  lines = 0
  excerpt = ''
  maxStreams: number | undefined
  end: End = { how: 'enough', at: 0 }
  readonly pieces: Piece[] = []
  readonly events: SeenEvent[] = []
  readonly #start = performance.now()
  readonly #decoder = new TextDecoder()
  readonly #parser: Parser
  /** Of the piece that is being read. */
  #events = 0
  #beats = 0
  #comments = 0

  readonly url: string

  constructor(url: string) {
    this.url = url
    this.#parser = createParser({
      onMessage: (message) => this.#onMessage(message),
      onComment: (text) => this.#onComment(text),
      onRetry: () => this.lines++,
    })
  }

  get lastEventId(): string {
    return this.#parser.lastEventId
  }

  /** Milliseconds since the request was made. */
  now(): number {
    return performance.now() - this.#start
  }

  /** The head of the response has arrived. */
  begin(status: number, httpVersion: string, headers: Readonly<Record<string, string>>): void {
    this.status = status
    this.httpVersion = httpVersion
    this.headers = headers
    this.headAt = this.now()
  }

  /** Bytes of the body have arrived, perhaps compressed. */
  arrived(size: number): void {
    this.lastByteAt = this.now()
    this.firstByteAt ??= this.lastByteAt
    this.received += size
  }

  /** Reads bytes of the body. */
  read(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.excerpt.length < EXCERPT) this.excerpt += this.#decoder.decode(bytes, { stream: true }).slice(0, EXCERPT)
    this.#events = this.#beats = this.#comments = 0
    this.#parser.feed(bytes)
    // A block without data moves the position and is not an event.
    const { lastEventId } = this
    if (lastEventId !== (this.events.at(-1)?.id ?? '')) this.#keep('', '', lastEventId)
    if (this.pieces.length === MOST) return
    const last = bytes.at(-1)
    const cut = last !== LF && last !== CR
    this.pieces.push({
      at: this.now(),
      size: bytes.length,
      events: this.#events,
      beats: this.#beats,
      comments: this.#comments,
      cut,
    })
  }

  finish(how: End['how'], error?: Error & { code?: string }): void {
    this.#parser.close()
    this.end = { how, at: this.now(), code: error?.code, message: error?.message }
  }

  #onMessage({ type, data, id }: Message): void {
    this.lines++
    this.#events++
    this.#keep(type, data, id)
  }

  #onComment(text: string): void {
    const first = this.lines++ === 0
    const announced = first && text.startsWith(HEARTBEAT_COMMENT) ? Number(text.slice(HEARTBEAT_COMMENT.length)) : 0
    if (announced > 0) this.heartbeat = announced
    else if (first) return
    else if (text.trim() === '') this.#beats++
    else this.#onControl(text)
  }

  /** Control information in a comment. The block of its position follows it. */
  #onControl(text: string): void {
    const control = controlIn(text, this.lastEventId)
    if (control === undefined) this.#comments++
    else this.#keep(control.type, control.data, control.id)
  }

  #keep(type: string, data: string, id: string): void {
    if (this.events.length < MOST) this.events.push({ at: this.now(), type, data, id })
  }
}
