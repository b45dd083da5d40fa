/** Chunks up to this many bytes are gathered until a line ends: it saves a decode and a string for each. */
const SMALL_CHUNK = 32
const GATHER_SIZE = 4096
/** Up to this many bytes one-shot decoding is cheaper than streaming. */
const ONE_SHOT_SIZE = 512
const BOM = '\uFEFF'

/** Turns chunks of bytes into text, however they are cut: invalid UTF-8 as U+FFFD, without one leading BOM. */
export class Utf8Reader {
  /** How many bytes the last text was made of. */
  bytes = 0
  /** How many bytes wait for the end of their line. */
  gathered = 0
  #gather: Uint8Array | undefined
  #started = false
  /** Bytes of a character cut off by the end of the chunk; they are in the decoder. */
  #cut = 0
  #streaming = false
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** The text of a chunk with all that was gathered before it; `''` when it only added to that. */
  read(chunk: Uint8Array): string {
    if (chunk.length > SMALL_CHUNK) {
      return this.gathered === 0 ? this.#decode(chunk) : this.#decode(this.#takeGathered(chunk))
    }
    this.#gather ??= new Uint8Array(GATHER_SIZE + SMALL_CHUNK)
    const gather = this.#gather
    let at = this.gathered
    let lineEnds = false
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index]!
      if (byte === 10 || byte === 13) lineEnds = true
      gather[at++] = byte
    }
    this.gathered = at
    if (!lineEnds && at < GATHER_SIZE) return ''
    this.gathered = 0
    return this.#decode(gather.subarray(0, at))
  }

  #takeGathered(chunk: Uint8Array): Uint8Array {
    const joined = new Uint8Array(this.gathered + chunk.length)
    joined.set(this.#gather!.subarray(0, this.gathered))
    joined.set(chunk, this.gathered)
    this.gathered = 0
    return joined
  }

  #decode(chunk: Uint8Array): string {
    const { length } = chunk
    const whole = chunk[length - 1]! < 0x80
    let text: string
    if (whole && !this.#streaming && length < ONE_SHOT_SIZE) {
      this.bytes = length
      text = this.#decoder.decode(chunk)
    } else {
      const cut = whole ? 0 : cutOff(chunk)
      this.bytes = length + this.#cut - cut
      this.#cut = cut
      this.#streaming = !whole
      text = this.#decoder.decode(chunk, STREAM)
    }
    if (this.#started || text === '') return text
    this.#started = true
    if (text[0] !== BOM) return text
    this.bytes -= 3
    return text.slice(1)
  }
}

const STREAM = { stream: true }

/** How many bytes at the end begin a character that is not complete. */
function cutOff(chunk: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= chunk.length; back++) {
    const byte = chunk[chunk.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return byte >= (back === 1 ? 0xc0 : back === 2 ? 0xe0 : 0xf0) ? back : 0
  }
  return 0
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
