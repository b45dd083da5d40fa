import { utf8Slice } from './bytes.ts'

const LF = 10
const CR = 13
/** Chunks up to this many bytes are gathered until a line ends: it saves a decode and a string for each. */
const SMALL_CHUNK = 32
const GATHER_SIZE = 4096
/** Maximum size in bytes up to which Node's `Buffer` decodes faster than `TextDecoder`; Deno's does only for the shortest. */
const SHORT = 'Deno' in globalThis ? 256 : 4096
const BOM = '\uFEFF'

/**
 * Turns chunks of bytes into text, however they are cut: invalid UTF-8 as U+FFFD, without one leading BOM.
 *
 * A character that the end of a chunk has cut waits for the next chunk. So every decode is of whole characters, which
 * engines do several times as fast as decoding with `stream`.
 */
export class Utf8Reader {
  /** The last text has as many characters as it had bytes: it is ASCII, or some bytes were invalid UTF-8. */
  bytewise = true
  #buffer: Uint8Array | undefined
  /** How many bytes wait in the buffer for the rest of their character or, of small chunks, of their line. */
  #waiting = 0
  #started = false
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** How many bytes wait, without what may turn out to be a BOM. */
  get waiting(): number {
    return this.#started || this.#buffer?.[0] !== 0xef ? this.#waiting : Math.max(0, this.#waiting - 3)
  }

  /** The text of a chunk and of all that waited for it; `''` when it has to wait, too. */
  read(chunk: Uint8Array): string {
    const { length } = chunk
    if (this.#waiting === 0 && (length > SMALL_CHUNK || chunk[length - 1] === LF)) return this.#decode(chunk)
    return this.#gather(chunk)
  }

  #gather(chunk: Uint8Array): string {
    const { length } = chunk
    const size = this.#waiting + length
    const joined = this.#put(chunk, size)
    let enough = length > SMALL_CHUNK || size > GATHER_SIZE
    for (let index = 0; index < length && !enough; index++) enough = chunk[index] === LF || chunk[index] === CR
    if (enough) return this.#decode(joined)
    this.#waiting = size
    return ''
  }

  /** All bytes with these behind those that wait, in the buffer when there is room. */
  #put(bytes: Uint8Array, size: number): Uint8Array {
    this.#buffer ??= new Uint8Array(GATHER_SIZE + SMALL_CHUNK)
    let joined = this.#buffer
    if (size > joined.length) {
      joined = new Uint8Array(size)
      joined.set(this.#buffer.subarray(0, this.#waiting))
    }
    joined.set(bytes, this.#waiting)
    return joined.subarray(0, size)
  }

  #decode(bytes: Uint8Array): string {
    const { length } = bytes
    const whole = bytes[length - 1]! < 0x80 ? length : cutAt(bytes)
    // A chunk that may begin with a BOM goes to TextDecoder, which keeps it because of `ignoreBOM`.
    const text =
      utf8Slice && whole <= SHORT && bytes[0]! < 0x80
        ? utf8Slice.call(bytes, 0, whole)
        : this.#decoder.decode(whole === length ? bytes : bytes.subarray(0, whole))
    this.bytewise = text.length === whole
    this.#waiting = 0
    if (whole !== length) {
      this.#put(bytes.subarray(whole), 0)
      this.#waiting = length - whole
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
    // The first byte of two, three or four.
    if (byte >= 256 - (128 >> back)) return length - back
    if (byte >= 0xc0 || byte < 0x80) break
  }
  return length
}
