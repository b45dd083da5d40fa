import type { Encoder } from '../stream/compression.ts'
import { HEADER, storedBlocks, trailer } from './blocks.ts'
import { followedBy } from './checksum.ts'
import type { Gzip } from './gzip.ts'
import { History } from './history.ts'
import type { Mark, SharedStream, SharedWrite } from './shared-stream.ts'

/** The size in bytes from which a response compresses bytes of its own. Compressing fewer costs more than it saves. */
const FEW = 64
/** The same size for a response that shares blocks, and so has no history of its own. */
const FEW_WITHOUT_HISTORY = 1_024

/**
 * The gzip member of one response. While the response receives the same bytes as its group, it shares the blocks of the group, which
 * may refer to earlier bytes of the group. After bytes of its own, it writes stored blocks until it has received that much history.
 */
export class GzipEncoder implements Encoder {
  readonly #gzip: Gzip
  #hasBegun = false
  /** Checksum and number of all bytes before those of the shared stream. */
  #checksum = 0
  #total = 0
  /** The shared stream that the response follows without interruption, with its first and last mark. */
  #stream: SharedStream | undefined
  #since: Mark | undefined
  #upTo: Mark | undefined
  /** The newest bytes of the response, as long as it has shared no blocks. */
  #history: History | undefined
  #hasShared = false

  constructor(gzip: Gzip) {
    this.#gzip = gzip
  }

  encode(bytes: Uint8Array): Uint8Array {
    const write = this.#gzip.current?.writeOf(bytes)
    const blocks = write === undefined ? this.#encodeOwn(bytes) : this.#encodeShared(write)
    if (this.#hasBegun) return blocks
    this.#hasBegun = true
    const first = new Uint8Array(HEADER.length + blocks.length)
    first.set(HEADER)
    first.set(blocks, HEADER.length)
    return first
  }

  end(): Uint8Array {
    this.#leaveStream()
    return trailer(this.#checksum, this.#total)
  }

  #encodeShared(write: SharedWrite): Uint8Array {
    const { stream, before, after } = write
    if (this.#stream !== stream || this.#upTo!.index !== before.index) {
      this.#leaveStream()
      this.#stream = stream
      this.#since = before
      this.#hasShared = true
      this.#history = undefined
    }
    this.#upTo = after
    if (before.total - this.#since!.total >= write.reach) return stream.blocksOf(write)
    return stream.storedBlocksOf(write)
  }

  #encodeOwn(bytes: Uint8Array): Uint8Array {
    this.#leaveStream()
    this.#checksum = this.#gzip.zlib.crc32(bytes, this.#checksum)
    this.#total += bytes.length
    const isSmall = bytes.length < (this.#hasShared ? FEW_WITHOUT_HISTORY : FEW)
    const blocks = isSmall ? storedBlocks(bytes) : this.#gzip.deflate(bytes, this.#history?.bytes)
    // Most readers receive a few bytes of their own, and then only bytes of their group: they need no history.
    if (!this.#hasShared && (this.#history !== undefined || !isSmall)) {
      this.#history ??= new History()
      this.#history.add(bytes)
    }
    return blocks
  }

  /** Adds the bytes of the shared stream to the checksum of the response. Following the stream itself costs no checksum. */
  #leaveStream(): void {
    if (this.#stream === undefined) return
    const { checksum: from, total: start } = this.#since!
    const { checksum, total } = this.#upTo!
    this.#checksum = (followedBy(this.#checksum ^ from, total - start) ^ checksum) >>> 0
    this.#total += total - start
    this.#stream = this.#since = this.#upTo = undefined
  }
}
