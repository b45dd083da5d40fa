import { storedBlocks } from './blocks.ts'
import type { SharedStream } from './shared-stream.ts'
import type { Zlib } from './zlib.ts'

/** The size in bytes from which a faster level is used, because replays are large. */
const LARGE = 16_384

/** The compressor that encoders and shared streams use. */
export class Gzip {
  readonly zlib: Zlib
  /** The shared stream that is writing to responses at this moment. */
  current: SharedStream | undefined

  constructor(zlib: Zlib) {
    this.zlib = zlib
  }

  /** Compresses bytes into blocks that end at a byte boundary, so that a client can decode all of them. They may refer to `before`. */
  deflate(bytes: Uint8Array, before: Uint8Array | undefined): Uint8Array {
    const blocks = this.zlib.deflateRawSync(bytes, {
      level: bytes.length < LARGE ? 6 : 3,
      windowBits: 14,
      memLevel: bytes.length < LARGE ? 6 : 8,
      finishFlush: this.zlib.constants.Z_SYNC_FLUSH,
      // An empty dictionary is an error in Bun.
      ...(before !== undefined && before.length > 0 && { dictionary: before }),
    })
    return blocks.length < bytes.length ? blocks : storedBlocks(bytes)
  }
}
