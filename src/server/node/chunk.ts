import type { SocketLike } from './message.ts'

const CRLF = new Uint8Array([13, 10])
/** From this size on three buffers in one `writev` cost less than a copy. */
const LARGE = 16_384
let last: Uint8Array | undefined
let chunk: Buffer

/**
 * Writes bytes as one chunk of HTTP/1.1's chunked coding. A frame that many responses are given one after another is framed once:
 * Node itself would do it for each of them, and write each in three parts.
 */
export function writeChunk(socket: Required<SocketLike>, bytes: Uint8Array): void {
  if (bytes.length < LARGE) {
    if (bytes !== last) {
      chunk = Buffer.concat([sizeLine(bytes), bytes, CRLF])
      last = bytes
    }
    socket.write(chunk)
    return
  }
  socket.cork()
  socket.write(sizeLine(bytes))
  socket.write(bytes)
  socket.write(CRLF)
  socket.uncork()
}

function sizeLine({ length }: Uint8Array): Buffer {
  return Buffer.from(`${length.toString(16)}\r\n`, 'latin1')
}
