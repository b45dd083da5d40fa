/**
 * Compress streams with gzip, once for all clients of a channel that read the same events.
 *
 * @module
 */

import type { Compression } from '../stream/compression.ts'
import { encoderFor, newSharedWrites } from '../stream/internal.ts'
import { acceptsGzip } from './accept-encoding.ts'
import { Gzip } from './gzip.ts'
import { GzipEncoder } from './gzip-encoder.ts'
import { SharedStream } from './shared-stream.ts'
import { findZlib } from './zlib.ts'

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'

/**
 * Compresses streams with gzip, for clients whose `Accept-Encoding` allows it. A channel compresses the events that it sends to many
 * clients once for all of them. `gzip()` needs `node:zlib`: Node, Bun, Deno and Cloudflare Workers have it.
 *
 * Do not compress streams that carry a secret beside text that an attacker can choose: the size of the response discloses
 * parts of the secret (the BREACH attack).
 *
 * @example
 * import { gzip } from 'eventwire/gzip'
 * import { createChannel } from 'eventwire/server'
 *
 * const channel = createChannel<{ message: string }>({ compress: gzip() })
 * const request = new Request('http://localhost/events', { headers: { 'Accept-Encoding': 'gzip' } })
 * const { headers } = channel.response(request)
 * console.log(headers.get('Content-Encoding'), headers.get('Vary')) // -> gzip Accept-Encoding
 * await channel.close()
 *
 * @throws {EventwireError} `invalid-option` in a runtime without `node:zlib`.
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export function gzip(): Compression {
  const compressor = new Gzip(findZlib())
  return {
    encoding: 'gzip',
    [encoderFor]: (accepted) => (acceptsGzip(accepted) ? new GzipEncoder(compressor) : undefined),
    [newSharedWrites]: () => new SharedStream(compressor),
  }
}
