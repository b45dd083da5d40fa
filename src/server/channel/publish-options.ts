import { invalidOption } from '../../shared/errors.ts'
import { TRACEPARENT } from '../../shared/wire/encode.ts'
import type { PublishOptions } from './types.ts'

const LONGEST = 1024

/**
 * The key to publish with.
 *
 * @throws {EventwireError} `invalid-option` for a key that is not text, is empty or too long, for `forget` without a key, and for a
 *   `traceparent` that is not one.
 */
export function checkKey({ key, forget, traceparent }: PublishOptions): string | undefined {
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > LONGEST)) {
    throw invalidOption('key', key, `give text of 1 to ${LONGEST} characters`)
  }
  if (forget !== undefined && (typeof forget !== 'boolean' || (forget && key === undefined))) {
    throw invalidOption('forget', forget, 'give true or false, and the key to forget')
  }
  if (traceparent !== undefined && !TRACEPARENT.test(traceparent)) {
    throw invalidOption('traceparent', traceparent, 'give the header of W3C Trace Context')
  }
  return key
}
