import { storedBlocks } from './blocks.ts'
import type { SharedStream } from './shared-stream.ts'
import type { Zlib } from './zlib.ts'

/** From this size on a faster level is used: replays are large. */
const LARGE = 16_384

/** The compressor that encoders and shared streams use. */
export class Gzip {
  readonly zlib: Zlib
  /** The stream whose bytes responses are given at this moment. */
  current: SharedStream | undefined

  constructor(zlib: Zlib) {
    this.zlib = zlib
  }

  /** Blocks that end at a byte, so that a client can decode all of them. They may refer to the bytes before. */
  deflate(bytes: Uint8Array, before: Uint8Array | undefined): Uint8Array {
    const blocks = this.zlib.deflateRawSync(bytes, {
      level: bytes.length < LARGE ? 6 : 3,
      windowBits: 14,
      memLevel: bytes.length < LARGE ? 6 : 8,
      finishFlush: this.zlib.constants.Z_SYNC_FLUSH,
      // An empty one is an error in Bun.
      ...(before !== undefined && before.length > 0 && { dictionary: before }),
    })
    return blocks.length < bytes.length ? blocks : storedBlocks(bytes)
  }
}
