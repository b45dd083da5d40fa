interface BufferLike {
  from(text: string): Uint8Array
  byteLength(text: string): number
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
