/** The number of bytes that a block may refer back to. More would cost each write more time than it saves in bytes. */
const REACH = 8_192

/** The newest bytes of an output, up to the reach of the compressor. */
export class History {
  readonly #buffer = new Uint8Array(2 * REACH)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** A view of the bytes, valid until the next call of `add()`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  add(bytes: Uint8Array): void {
    const added = bytes.subarray(Math.max(0, bytes.length - REACH))
    if (this.#end + added.length > this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#end - (REACH - added.length), this.#end)
      this.#start = 0
      this.#end = REACH - added.length
    }
    this.#buffer.set(added, this.#end)
    this.#end += added.length
    this.#start = Math.max(this.#start, this.#end - REACH)
  }

  clear(): void {
    this.#start = this.#end = 0
  }
}
