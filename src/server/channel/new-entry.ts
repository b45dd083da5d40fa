import { invalidOption } from '../../shared/errors.ts'
import type { TypeLookup } from '../../shared/events/define-events.ts'
import { encodePayload, typeToSend } from '../../shared/events/payload.ts'
import { checkName, TRACEPARENT } from '../../shared/wire/encode.ts'
import type { NewEntry } from '../log/event-log.ts'
import { checkText, checkTopics } from './topics.ts'
import type { PublishOptions } from './types.ts'

/**
 * Checks what is published, and encodes it.
 *
 * @throws {EventwireError} `unknown-event`, `invalid-field`, `invalid-option`, `payload-not-encodable`, `payload-rejected`.
 */
export function newEntry(
  lookup: TypeLookup,
  type: string,
  payload: unknown,
  options: PublishOptions | undefined,
): NewEntry {
  const wireType = typeToSend(lookup, type)
  checkName(type)
  if (options === undefined) return { type, data: encodePayload(wireType, type, payload) }
  const { topics: given, key, forget, traceparent, ...unknown } = options
  const topics = checkTopics(given)
  for (const name in unknown)
    throw invalidOption(name, unknown[name as never], 'publish() takes topics, key, forget and traceparent')
  if (key !== undefined) checkText('key', key)
  if (forget !== undefined && (typeof forget !== 'boolean' || (forget && key === undefined))) {
    throw invalidOption('forget', forget, 'give true or false, and the key to forget')
  }
  if (traceparent !== undefined && !TRACEPARENT.test(traceparent)) {
    throw invalidOption('traceparent', traceparent, 'give a W3C traceparent')
  }
  return { type, data: encodePayload(wireType, type, payload), topics, key, forget, traceparent }
}
