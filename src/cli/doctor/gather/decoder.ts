import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** The encodings that the doctor accepts, which are those of all browsers. */
export const ACCEPTED = 'gzip, deflate, br'

// As `fetch` does: a stream that ends without the trailer of its compression has ended, and is not corrupt.
const ZLIB = { finishFlush: constants.Z_SYNC_FLUSH }
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH }

/** The decompressor of a body; `undefined` for one that is not compressed, or in an unknown way. */
export function decoderFor(encoding: string | undefined): Transform | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(ZLIB)
    case 'deflate':
      return createInflate(ZLIB)
    case 'br':
      return createBrotliDecompress(BROTLI)
    default:
      return undefined
  }
}
