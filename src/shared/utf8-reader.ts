const LF = 10
const CR = 13
/** Chunks up to this many bytes are gathered until a line ends: it saves a decode and a string for each. */
const SMALL_CHUNK = 32
const GATHER_SIZE = 4096
const BOM = '\uFEFF'

/**
 * Turns chunks of bytes into text, however they are cut: invalid UTF-8 as U+FFFD, without one leading BOM.
 *
 * A character that the end of a chunk has cut waits for the next chunk. So every decode is of whole characters, which
 * engines do several times as fast as decoding with `stream`.
 */
export class Utf8Reader {
  /** The last text has as many characters as it had bytes: it is ASCII, or some bytes were no UTF-8. */
  bytewise = true
  #waiting = 0
  #buffer: Uint8Array | undefined
  #started = false
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** The text of a chunk and of all that waited for it; `''` when it has to wait, too. */
  read(chunk: Uint8Array): string {
    const { length } = chunk
    const waiting = this.#waiting
    if (waiting === 0)
      return length > SMALL_CHUNK || chunk[length - 1] === LF ? this.#decode(chunk) : this.#gather(chunk)
    if (length <= SMALL_CHUNK) return this.#gather(chunk)
    const size = waiting + length
    const joined = size <= GATHER_SIZE ? this.#buffer! : new Uint8Array(size)
    if (joined !== this.#buffer) joined.set(this.#buffer!.subarray(0, waiting))
    joined.set(chunk, waiting)
    return this.#decode(joined.subarray(0, size))
  }

  /** How many bytes wait for the rest of their character or, of small chunks, of their line: without what may be a BOM. */
  get waiting(): number {
    return this.#started || this.#buffer?.[0] !== 0xef ? this.#waiting : Math.max(0, this.#waiting - 3)
  }

  #gather(chunk: Uint8Array): string {
    this.#buffer ??= new Uint8Array(GATHER_SIZE + SMALL_CHUNK)
    const buffer = this.#buffer
    let size = this.#waiting
    let lineEnds = false
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index]!
      if (byte === LF || byte === CR) lineEnds = true
      buffer[size++] = byte
    }
    if (lineEnds || size > GATHER_SIZE) return this.#decode(buffer.subarray(0, size))
    this.#waiting = size
    return ''
  }

  #decode(bytes: Uint8Array): string {
    const { length } = bytes
    const whole = bytes[length - 1]! < 0x80 ? length : cutAt(bytes)
    const text = this.#decoder.decode(whole === length ? bytes : bytes.subarray(0, whole))
    this.bytewise = text.length === whole
    this.#waiting = length - whole
    if (whole !== length) {
      this.#buffer ??= new Uint8Array(GATHER_SIZE + SMALL_CHUNK)
      this.#buffer.set(bytes.subarray(whole))
    }
    if (this.#started || whole === 0) return text
    this.#started = true
    return text[0] === BOM ? text.slice(1) : text
  }
}

/** Where a character begins that needs more bytes than there are; the length when there is none. */
function cutAt(bytes: Uint8Array): number {
  const { length } = bytes
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!
    if (byte >= 0xc0) return byte >= (back === 1 ? 0xc0 : back === 2 ? 0xe0 : 0xf0) ? length - back : length
    if (byte < 0x80) break
  }
  return length
}

/** How many bytes a part of a text has in UTF-8. */
export function utf8Length(text: string, start: number, end: number): number {
  let length = end - start
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0x80) length += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2
  }
  return length
}
