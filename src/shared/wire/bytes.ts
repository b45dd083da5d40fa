interface BufferLike {
  from(text: string): Uint8Array
  byteLength(text: string): number
  readonly prototype: { utf8Slice?(this: Uint8Array, start: number, end: number): string }
}

const { Buffer } = globalThis as { Buffer?: BufferLike }
const encoder = new TextEncoder()

/** Text as UTF-8, lone surrogates as U+FFFD. Node's `Buffer` is half as expensive as `TextEncoder` for one event. */
export const toBytes: (text: string) => Uint8Array = Buffer
  ? (text) => Buffer.from(text)
  : (text) => encoder.encode(text)

/** How many bytes `toBytes` would make of it. */
export function byteLength(text: string): number {
  return Buffer ? Buffer.byteLength(text) : encoder.encode(text).length
}

/** Decodes the UTF-8 of a short piece, where there is a `Buffer`: for so little `TextDecoder` is slow to start. */
export const utf8Slice: BufferLike['prototype']['utf8Slice'] = Buffer?.prototype.utf8Slice

const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true })

/** Decodes a part of some bytes. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice ? utf8Slice.call(bytes, start, end) : decoder.decode(bytes.subarray(start, end))
}

/**
 * Writes text as UTF-8 into bytes from a position on.
 *
 * @returns how many bytes it took; `undefined` when it does not fit, and what is behind the position is unspecified then.
 */
export function writeText(text: string, bytes: Uint8Array, at: number): number | undefined {
  const { read, written } = encoder.encodeInto(text, bytes.subarray(at))
  return read === text.length ? written : undefined
}

/** Some bytes in one piece. Parts that lie side by side in one buffer are shared, not copied. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  if (first === undefined || parts.length === 1) return first ?? new Uint8Array(0)
  let length = 0
  let adjacent = true
  for (const { buffer, byteOffset, length: added } of parts) {
    adjacent &&= buffer === first.buffer && byteOffset === first.byteOffset + length
    length += added
  }
  if (adjacent) return new Uint8Array(first.buffer, first.byteOffset, length)
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
