import { EventwireError } from './errors.ts'
import { Utf8Reader, utf8Length } from './utf8-reader.ts'

/** One event as it stood on the wire. */
export interface Message {
  /** Name of the event, `'message'` when none was given. */
  readonly type: string
  /** The data lines, joined with LF. */
  readonly data: string
  /** The last event id at this event: its own, or the one before it. */
  readonly id: string
}

/** What a parser reports, in the order of the wire. The functions must not throw and must not call `feed`. */
export interface ParserOptions {
  /** Called when the blank line of an event has arrived. */
  readonly onMessage: (message: Message) => void
  /** Called with the text of each comment line, without the colon and one space after it. */
  readonly onComment?: ((text: string) => void) | undefined
  /** Called when a `retry` line has arrived, with milliseconds; the event around it may still be unfinished. */
  readonly onRetry?: ((delay: number) => void) | undefined
  /**
   * The most bytes that a line, or an event from its first line to its blank line, may have.
   * @default 16 MiB (16,777,216)
   */
  readonly maxEventSize?: number | undefined
  /**
   * The last event id to start from, as a client that reconnects has it.
   * @default ''
   */
  readonly lastEventId?: string | undefined
}

/** Reads a stream of bytes, cut anywhere. */
export interface Parser {
  /**
   * Reads the next bytes and reports what they complete.
   *
   * @throws {EventwireError} `event-too-large`, once; the parser is closed then.
   */
  feed(chunk: Uint8Array): void
  /** The stream is over: what is unfinished is dropped, its id with it. */
  end(): void
  /** Stops at once, also from inside a callback; nothing is reported afterwards. */
  close(): void
  /** The last event id: that of the last blank line, with or without data. */
  readonly lastEventId: string
}

export const MAX_EVENT_SIZE: number = 16 * 1024 * 1024

const LF = 10
const SPACE = 32
const COLON = 58
/** No such line end in the rest of the text; larger than any index, and a small integer for the engine. */
const NONE = 0x3fffffff
/** So many data lines are joined at a time: it bounds what unjoined slices keep alive. */
const MOST_LINES = 1024

/**
 * Creates a parser for `text/event-stream`, exact to the HTML standard at every chunk boundary.
 *
 * @example
 * const parser = createParser({ onMessage: ({ type, data }) => console.log(type, data) })
 * parser.feed(new TextEncoder().encode('event: ping\ndata: {"time":"12:00"}\n\n'))
 *
 * @throws {EventwireError} `invalid-option` when `maxEventSize` is not a positive number.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createParser(options: ParserOptions): Parser {
  return new EventStreamParser(options)
}

class EventStreamParser implements Parser {
  lastEventId: string
  readonly #options: ParserOptions
  readonly #maxEventSize: number
  readonly #reader = new Utf8Reader()
  #closed = false

  // The unfinished event: its fields, and whether any has come.
  #type = 'message'
  #id: string
  #data: string | undefined
  readonly #moreData: string[] = []
  #begun = false
  /** Bytes of earlier chunks that belong to the unfinished event or, between events, to the unfinished line. */
  #bytes = 0
  /** The unfinished line of earlier chunks. */
  #held = ''
  /** The last chunk ended with a CR, so an LF that comes next belongs to it. */
  #afterCR = false

  constructor(options: ParserOptions) {
    const { maxEventSize = MAX_EVENT_SIZE, lastEventId = '' } = options
    if (!(maxEventSize > 0)) {
      throw new EventwireError('invalid-option', `maxEventSize is ${maxEventSize}; give a positive number of bytes`)
    }
    this.#options = options
    this.#maxEventSize = maxEventSize
    this.lastEventId = this.#id = lastEventId
  }

  feed(chunk: Uint8Array): void {
    if (this.#closed || chunk.length === 0) return
    const text = this.#reader.read(chunk)
    if (text !== '') this.#scan(text)
    this.#bound(this.#bytes + this.#reader.gathered)
  }

  end(): void {
    this.close()
  }

  close(): void {
    this.#closed = true
    this.#held = ''
    this.#data = undefined
    this.#moreData.length = 0
    this.#bytes = 0
  }

  /** Walks the lines of a text in place; only a line that the end of a chunk has cut is joined. */
  #scan(text: string): void {
    const { length } = text
    let pos = 0
    if (this.#afterCR) {
      this.#afterCR = false
      if (text.charCodeAt(0) === LF) pos = 1
    }
    let start = pos // where the unfinished event begins, as far as this chunk goes
    let lf = find(text, '\n', pos)
    let cr = find(text, '\r', pos)
    for (;;) {
      const end = lf < cr ? lf : cr
      if (end === NONE) break
      let next = end + 1
      if (end === cr) {
        if (lf === next) next++
        else if (next === length) this.#afterCR = true
      }
      if (this.#held !== '') {
        const line = this.#held + text.slice(pos, end)
        this.#held = ''
        this.#line(line, 0, line.length)
      } else if (end !== pos) {
        this.#line(text, pos, end)
      } else if (this.#begun) {
        this.#check(text, start, end)
        this.#finish()
      }
      if (this.#closed) return
      pos = next
      if (!this.#begun) {
        // Blank lines, comments and unknown fields leave nothing behind: between events each line counts for itself.
        this.#check(text, start, end)
        this.#bytes = 0
        start = pos
      }
      if (lf < pos) lf = find(text, '\n', pos)
      if (cr < pos) cr = find(text, '\r', pos)
    }
    if (pos < length) this.#held += text.slice(pos)
    this.#bytes += this.#sizeOf(text, start, length)
  }

  /** Reads one line that is not blank. */
  #line(text: string, start: number, end: number): void {
    switch (text.charCodeAt(start)) {
      case 0x64: {
        const value = valueStart(text, start, end, 'data')
        if (value !== NONE) this.#addData(text.slice(value, end))
        break
      }
      case 0x65: {
        const value = valueStart(text, start, end, 'event')
        if (value === NONE) break
        this.#type = value === end ? 'message' : text.slice(value, end)
        this.#begun = true
        break
      }
      case 0x69: {
        const value = valueStart(text, start, end, 'id')
        if (value === NONE) break
        const id = text.slice(value, end)
        if (!id.includes('\0')) this.#id = id
        this.#begun = true
        break
      }
      case 0x72: {
        const value = valueStart(text, start, end, 'retry')
        if (value === NONE) break
        const delay = text.slice(value, end)
        if (DIGITS.test(delay)) this.#options.onRetry?.(Number(delay))
        break
      }
      case COLON:
        this.#options.onComment?.(text.slice(afterColon(text, start, end), end))
    }
  }

  #addData(line: string): void {
    this.#begun = true
    if (this.#data === undefined) {
      this.#data = line
    } else if (this.#moreData.push(line) === MOST_LINES) {
      this.#data = this.#joinData(this.#data)
    }
  }

  #joinData(data: string): string {
    const joined = `${data}\n${this.#moreData.join('\n')}`
    this.#moreData.length = 0
    return joined
  }

  /** The blank line: the id is committed with or without data, the type lasts for one event. */
  #finish(): void {
    const type = this.#type
    const id = this.#id
    let data = this.#data
    if (this.#moreData.length !== 0) data = this.#joinData(data!)
    this.#type = 'message'
    this.#data = undefined
    this.#begun = false
    this.lastEventId = id
    if (data !== undefined) this.#options.onMessage({ type, data, id })
  }

  /** Bytes of a part of the current text. */
  #sizeOf(text: string, start: number, end: number): number {
    return text.length === this.#reader.bytes ? end - start : utf8Length(text, start, end)
  }

  /** Holds the unfinished event, as far as this place of the text, to the bound; counts bytes only when it may be over. */
  #check(text: string, start: number, end: number): void {
    if (this.#bytes + (end - start) * 3 > this.#maxEventSize) this.#bound(this.#bytes + this.#sizeOf(text, start, end))
  }

  #bound(size: number): void {
    if (size <= this.#maxEventSize) return
    this.close()
    throw new EventwireError(
      'event-too-large',
      `event of at least ${size} bytes is over the limit of ${this.#maxEventSize}; raise maxEventSize or send it in parts`,
    )
  }
}

const DIGITS = /^\d+$/

function find(text: string, lineEnd: string, from: number): number {
  const index = text.indexOf(lineEnd, from)
  return index === -1 ? NONE : index
}

/** Where the value of a line begins when its field has this name; the end of the line when it has no colon. */
function valueStart(text: string, start: number, end: number, field: string): number {
  const colon = start + field.length
  if (!text.startsWith(field, start)) return NONE
  if (colon === end) return end
  return text.charCodeAt(colon) === COLON ? afterColon(text, colon, end) : NONE
}

/** Behind the colon and one space. */
function afterColon(text: string, colon: number, end: number): number {
  return colon + 1 < end && text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
}
