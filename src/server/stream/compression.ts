import type { encoderFor, newSharedWrites } from './internal.ts'

/** Encodes the bytes of one response, in the order in which they are written. */
export interface Encoder {
  /** The encoded bytes, from which a client decodes all that was written so far. */
  encode(bytes: Uint8Array): Uint8Array
  /** The last bytes of a response that ends. */
  end(): Uint8Array
}

/** The writes that many responses receive alike, one after another. */
export interface SharedWrites {
  /** The next of them. Until `done()`, responses are given these very bytes. */
  begin(bytes: Uint8Array): Uint8Array
  done(): void
}

/**
 * Compresses responses for clients that accept it. `gzip()` of `eventwire/gzip` makes one; give it to all of your channels and
 * streams.
 *
 * @example
 * import { gzip } from 'eventwire/gzip'
 * import { type Compression, createStream } from 'eventwire/server'
 *
 * const compress: Compression = gzip()
 * const request = new Request('http://localhost/events', { headers: { 'Accept-Encoding': 'gzip' } })
 * using stream = createStream<{ message: string }>(request, { compress })
 * console.log(compress.encoding, stream.response.headers.get('Content-Encoding')) // -> gzip gzip
 */
export interface Compression {
  /** The value of `Content-Encoding`. */
  readonly encoding: string
  /** @internal The encoder for a response; `undefined` when the client does not accept the encoding. */
  [encoderFor](acceptEncoding: string | null | undefined): Encoder | undefined
  /** @internal */
  [newSharedWrites](): SharedWrites
}
