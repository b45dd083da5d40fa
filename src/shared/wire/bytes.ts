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

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Decodes a part of some bytes. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice ? utf8Slice.call(bytes, start, end) : decoder.decode(bytes.subarray(start, end))
}

/** Some bytes in one piece; those of a single part are shared, not copied. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
