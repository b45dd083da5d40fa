import { EventwireError } from '../errors.ts'
import { byteLength } from './bytes.ts'
import { Utf8Reader } from './utf8-decoder.ts'

/** One event as it stood on the wire. */
export interface Message {
  /** Name of the event, `'message'` when none was given. */
  readonly type: string
  /** The data lines, joined with LF. */
  readonly data: string
  /** The last event id at this event: its own, or the one before it. */
  readonly id: string
  /** The topics that its server named for this reader, in `topic` lines; left out when there were none. */
  readonly topics?: readonly string[] | undefined
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

/** How a topic is named to clients whose parsers refuse unknown fields. */
const TOPIC_COMMENT = ': topic:'
const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58
const A = 97
const D = 100
const E = 101
const I = 105
const N = 110
const T = 116
const V = 118
/** The result of `indexOf(…) & NONE` for -1. It exceeds every string index, and the mask leaves those unchanged. */
const NONE = 0x3fffffff
/** Maximum number of data lines to join at a time: it bounds the memory that unjoined slices keep alive. */
const MOST_LINES = 1024

/**
 * Creates a parser for `text/event-stream`, exact to the HTML standard at every chunk boundary.
 *
 * @example
 * import { createParser } from 'eventwire'
 *
 * const parser = createParser({ onMessage: ({ type, data }) => console.log(type, data) }) // -> ping {"time":"12:00"}
 * parser.feed(new TextEncoder().encode('event: ping\ndata: {"time":"12:00"}\n\n'))
 *
 * @param options the callbacks, which are called in wire order, and the limits. A callback must not throw and must not call `feed`.
 * @throws {EventwireError} `invalid-option` when `maxEventSize` is not a positive number.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createParser(options: {
  /** Called when the blank line of an event has arrived. */
  readonly onMessage: (message: Message) => void
  /** Called with the text of each comment line, without the colon and one space after it. One that names a topic is none. */
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
}): Parser {
  return new EventStreamParser(options)
}

/** Callbacks and limits of a parser. */
export type ParserOptions = Parameters<typeof createParser>[0]

class EventStreamParser implements Parser {
  lastEventId: string
  readonly #options: ParserOptions
  readonly #maxEventSize: number
  readonly #reader = new Utf8Reader()
  #closed = false

  /** The id for the next event, `lastEventId` until an `id` line has come. */
  #id: string

  // The unfinished event: its fields, which hold only when one of them has begun it.
  #begun = false
  #type = 'message'
  #data = ''
  /** How many data lines have come; from the second on, `#data` ends with an LF. */
  #lines = 0
  /** The data before `#data`, joined. */
  #joined = ''
  /** The id is not that of `lastEventId`. */
  #newId = false
  #topics: string[] | undefined
  /** Bytes of earlier chunks that belong to the unfinished event or, between events, to the unfinished line. */
  #bytes = 0
  /** The unfinished line of earlier chunks. */
  #held = ''
  /** The last text ended with a CR, so an LF that comes next belongs to it. */
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
    if (text.length !== 0) {
      const lf = text.indexOf('\n', 0) & NONE
      if (this.#held.length !== 0) this.#resume(text, lf)
      else if (this.#isOneEvent(text, lf)) {
        this.#options.onMessage({ type: 'message', data: text.slice(afterColon(text, 4), lf), id: this.#id })
      } else this.#scan(text, 0, 0, lf, -1)
    }
    const size = this.#bytes + this.#reader.waiting
    if (size > this.#maxEventSize && !this.#closed) this.#check(size)
  }

  end(): void {
    this.close()
  }

  close(): void {
    this.#closed = true
    this.#held = this.#data = this.#joined = ''
    this.#topics = undefined
  }

  /** Whether a text is one data line and its blank line, between events: a model's stream is nearly always sent like that. */
  #isOneEvent(text: string, lf: number): boolean {
    return (
      lf === text.length - 2 &&
      text.charCodeAt(lf + 1) === LF &&
      !this.#begun &&
      !this.#afterCR &&
      text.startsWith('data:', 0) &&
      text.length * 3 <= this.#maxEventSize &&
      text.indexOf('\r', 0) === -1
    )
  }

  /** Completes the line that the end of a chunk has cut, and only that: the rest is read in place. */
  #resume(text: string, lf: number): void {
    const cr = text.indexOf('\r', 0) & NONE
    const end = lf < cr ? lf : cr
    const start = this.#held.length
    if (end === NONE) {
      this.#bytes += this.#sizeOf(text)
      this.#held += text
      return
    }
    const line = this.#held + text.slice(0, end + 1)
    this.#held = ''
    this.#scan(line, 0, start, end === lf ? line.length - 1 : NONE, end === cr ? line.length - 1 : NONE)
    if (!this.#closed && end + 1 < text.length) this.#scan(text, end + 1, end + 1, lf, cr)
  }

  /**
   * Walks the lines of a text: the hot loop, with all state in locals. `start` is where the bytes begin that have not been
   * counted yet; `lf` and `cr` are the next line ends where they are known.
   */
  #scan(text: string, from: number, start: number, lf: number, cr: number): void {
    const { length } = text
    const { onMessage, onComment } = this.#options
    /** Whether anything in this text can be over the bound at all. */
    const near = this.#bytes + (length - start) * 3 > this.#maxEventSize
    let begun = this.#begun
    let type = begun ? this.#type : 'message'
    let id = this.#id
    let data = this.#data
    let lines = begun ? this.#lines : 0
    let bytes = this.#bytes
    let newId = begun && this.#newId
    let topics = begun ? this.#topics : undefined
    let pos = from
    let nul = -1
    if (this.#afterCR && text.charCodeAt(pos) === LF) {
      pos++
      if (!begun) start = pos
    }
    while (pos < length) {
      const first = text.charCodeAt(pos)
      if (first === LF || first === CR) {
        const end = pos++
        if (first === CR && pos < length && text.charCodeAt(pos) === LF) pos++
        if (begun) {
          if (near) this.#check(bytes + this.#sizeOf(text.slice(start, end)))
          this.lastEventId = id
          if (lines > 1) data = (this.#joined + data).slice(0, -1)
          const message = eventWith(type, data, id, topics)
          const empty = lines === 0
          type = 'message'
          topics = undefined
          this.#joined = ''
          newId = begun = false
          lines = bytes = 0
          if (!empty) onMessage(message)
          if (this.#closed) return
        }
        start = pos
        continue
      }
      if (lf < pos) lf = text.indexOf('\n', pos) & NONE
      if (cr < pos) cr = text.indexOf('\r', pos) & NONE
      const end = lf < cr ? lf : cr
      if (end === NONE) break
      let next = cr + 1 === lf ? lf + 1 : end + 1
      const size = end - pos
      if (first === D && size >= 4 && goesOnAsData(text, pos) && (size === 4 || text.charCodeAt(pos + 4) === COLON)) {
        const value = size === 4 ? end : afterColon(text, pos + 4)
        if (lines === 0) {
          const line = text.slice(value, end)
          const after = next < length ? text.charCodeAt(next) : 0
          if (after === LF || after === CR) {
            // Most events are one data line and their blank line: delivered without another turn.
            if (near) this.#check(bytes + this.#sizeOf(text.slice(start, next)))
            next++
            if (after === CR && next < length && text.charCodeAt(next) === LF) next++
            if (newId) {
              this.lastEventId = id
              newId = false
            }
            const message = eventWith(type, line, id, topics)
            type = 'message'
            topics = undefined
            begun = false
            bytes = 0
            pos = start = next
            onMessage(message)
            if (this.#closed) return
            continue
          }
          data = line
          lines = 1
        } else {
          if (++lines === 2) data += '\n'
          if (end !== lf) data += `${text.slice(value, end)}\n`
          else {
            data += text.slice(value, next)
            // A text of many lines: the next ones are read here as long as they are like this one.
            while (
              lines < MOST_LINES &&
              next + 5 < length &&
              text.charCodeAt(next) === D &&
              goesOnAsData(text, next) &&
              text.charCodeAt(next + 4) === COLON
            ) {
              lf = text.indexOf('\n', next) & NONE
              if (lf > cr || lf === NONE) break
              data += text.slice(afterColon(text, next + 4), lf + 1)
              next = lf + 1
              lines++
            }
          }
        }
        begun = true
      } else if (
        first === E &&
        size >= 5 &&
        text.charCodeAt(pos + 1) === V &&
        text.charCodeAt(pos + 2) === E &&
        text.charCodeAt(pos + 3) === N &&
        text.charCodeAt(pos + 4) === T &&
        (size === 5 || text.charCodeAt(pos + 5) === COLON)
      ) {
        type = (size === 5 ? '' : text.slice(afterColon(text, pos + 5), end)) || 'message'
        begun = true
      } else if (
        first === I &&
        size >= 2 &&
        text.charCodeAt(pos + 1) === D &&
        (size === 2 || text.charCodeAt(pos + 2) === COLON)
      ) {
        if (nul < pos) nul = text.indexOf('\0', pos) & NONE
        if (nul > end) id = size === 2 ? '' : text.slice(afterColon(text, pos + 2), end)
        newId = begun = true
      } else {
        const topic = text.startsWith(TOPIC_COMMENT, pos) ? pos + 7 : text.startsWith('topic:', pos) ? pos + 5 : -1
        if (topic !== -1) {
          topics ??= []
          topics.push(text.slice(afterColon(text, topic), end))
          begun = true
        } else if (first === COLON) {
          onComment?.(text.slice(afterColon(text, pos), end))
        } else if (text.startsWith('retry:', pos)) {
          this.#retry(text.slice(afterColon(text, pos + 5), end))
        }
        if (this.#closed) return
        if (!begun) {
          // Comments and unknown fields leave nothing behind: between events each line counts for itself.
          if (near) this.#check(bytes + this.#sizeOf(text.slice(start, end)))
          bytes = 0
          start = next
        }
      }
      pos = next
      if (lines === MOST_LINES) {
        this.#joined += `${data.slice(0, -1)}\n`
        data = ''
        lines = 2
      }
    }
    this.#afterCR = text.charCodeAt(length - 1) === CR
    this.#id = id
    this.#begun = begun
    this.#data = begun ? data : '' // do not keep delivered data alive
    if (begun) {
      this.#type = type
      this.#lines = lines
      this.#newId = newId
      this.#topics = topics
    }
    this.#bytes = start < length ? bytes + this.#sizeOf(text.slice(start)) : bytes
    if (pos < length) this.#held = text.slice(pos)
  }

  #retry(delay: string): void {
    if (/^\d+$/.test(delay)) this.#options.onRetry?.(Number(delay))
  }

  /** Bytes of a piece of the current text. Invalid UTF-8 counts as the U+FFFD that replaces it, however the input is chunked. */
  #sizeOf(piece: string): number {
    return this.#reader.bytewise && !piece.includes('\uFFFD') ? piece.length : byteLength(piece)
  }

  #check(size: number): void {
    if (size <= this.#maxEventSize) return
    this.close()
    throw new EventwireError(
      'event-too-large',
      `event of at least ${size} bytes is over the limit of ${this.#maxEventSize}; raise maxEventSize or send it in parts`,
    )
  }
}

/** An event with its data as text, or decoded. Nearly all have no topics, and one shape. */
export function eventWith<Data>(
  type: string,
  data: Data,
  id: string,
  topics: readonly string[] | undefined,
): Omit<Message, 'data'> & { readonly data: Data } {
  return topics === undefined ? { type, data, id } : { type, data, id, topics }
}

/** Behind the colon and one space. */
function afterColon(text: string, colon: number): number {
  return text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
}

/** Whether a line that begins with `d` continues as the field `data` does. */
function goesOnAsData(text: string, pos: number): boolean {
  return text.charCodeAt(pos + 1) === A && text.charCodeAt(pos + 2) === T && text.charCodeAt(pos + 3) === A
}
