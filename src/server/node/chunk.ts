const CRLF = new Uint8Array([13, 10])
let last: Uint8Array | undefined
let chunk: Buffer

/**
 * Bytes as one chunk of HTTP/1.1's chunked coding. A frame that many responses are given one after another is framed once:
 * Node itself would do it for each of them, and write each in three parts.
 */
export function toChunk(bytes: Uint8Array): Buffer {
  if (bytes === last) return chunk
  chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'), bytes, CRLF])
  last = bytes
  return chunk
}
