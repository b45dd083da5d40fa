import { EventwireError } from '../../shared/errors.ts'

/** The part of `node:zlib` that is used. */
export interface Zlib {
  deflateRawSync(bytes: Uint8Array, options: object): Uint8Array
  crc32(bytes: Uint8Array, value?: number): number
  readonly constants: { readonly Z_SYNC_FLUSH: number }
}

interface ProcessLike {
  getBuiltinModule?(name: string): unknown
}

/**
 * Finds `node:zlib` without an import, so that a runtime without it fails in this call and not when it loads our module.
 *
 * @throws {EventwireError} `invalid-option`
 */
export function findZlib(): Zlib {
  const { process } = globalThis as { process?: ProcessLike }
  const zlib = process?.getBuiltinModule?.('node:zlib') as Partial<Zlib> | undefined
  if (typeof zlib?.deflateRawSync === 'function' && typeof zlib.crc32 === 'function') return zlib as Zlib
  const message =
    'gzip() needs node:zlib, which this runtime does not have; leave `compress` out, or on Cloudflare Workers set the flag nodejs_compat'
  throw new EventwireError('invalid-option', message)
}
