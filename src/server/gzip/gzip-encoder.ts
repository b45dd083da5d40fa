import type { Encoder } from '../stream/compression.ts'
import { HEADER, storedBlocks, trailer } from './blocks.ts'
import { followedBy } from './checksum.ts'
import type { Gzip } from './gzip.ts'
import { History } from './history.ts'
import type { Mark, SharedStream, SharedWrite } from './shared-stream.ts'

/** Fewer bytes of a response's own are stored: compressing them costs more than they are worth. */
const FEW = 64
/** The same for a response that shares its blocks, and has no history of its own. */
const FEW_WITHOUT_HISTORY = 1_024

/**
 * The gzip member of one response. While it is written what others are written, it shares their blocks, which may refer to bytes that
 * all of them have received. Bytes of its own put it back to stored blocks, until it has received as many of the others' again.
 */
export class GzipEncoder implements Encoder {
  readonly #gzip: Gzip
  #hasBegun = false
  /** Checksum and number of all bytes before those of the shared stream. */
  #checksum = 0
  #total = 0
  /** The shared stream that it follows without interruption: since when, and up to where. */
  #stream: SharedStream | undefined
  #since: Mark | undefined
  #upTo: Mark | undefined
  /** Its own newest bytes, as long as it has shared nothing. */
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
    const { stream, before, after, bytes } = write
    if (this.#stream !== stream || this.#upTo!.index !== before.index) {
      this.#leaveStream()
      this.#stream = stream
      this.#since = before
      this.#hasShared = true
      this.#history = undefined
    }
    this.#upTo = after
    if (before.total - this.#since!.total >= write.reach) return stream.blocksOf(write)
    stream.await()
    return storedBlocks(bytes)
  }

  #encodeOwn(bytes: Uint8Array): Uint8Array {
    this.#leaveStream()
    this.#checksum = this.#gzip.zlib.crc32(bytes, this.#checksum)
    this.#total += bytes.length
    const isSmall = bytes.length < (this.#hasShared ? FEW_WITHOUT_HISTORY : FEW)
    const blocks = isSmall ? storedBlocks(bytes) : this.#gzip.deflate(bytes, this.#history?.bytes)
    // Most readers are sent a few bytes of their own, and then what their group is sent: they need no history.
    if (!this.#hasShared && (this.#history !== undefined || !isSmall)) {
      this.#history ??= new History()
      this.#history.add(bytes)
    }
    return blocks
  }

  /** Adds what it received of the shared stream to its own checksum, which costs nothing while it follows the stream. */
  #leaveStream(): void {
    if (this.#stream === undefined) return
    const { checksum: from, total: start } = this.#since!
    const { checksum, total } = this.#upTo!
    this.#checksum = (followedBy(this.#checksum ^ from, total - start) ^ checksum) >>> 0
    this.#total += total - start
    this.#stream = this.#since = this.#upTo = undefined
  }
}
