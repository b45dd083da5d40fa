import { EventwireError, type EventwireErrorCode, type EventwireErrorFields, reasonOf } from '../errors.ts'
import { isThenable } from '../thenable.ts'
import type { Decoder, WireType } from './codec.ts'
import type { TypeLookup } from './define-events.ts'
import type { SchemaIssue } from './standard-schema.ts'

/**
 * The type of an event that is about to be sent.
 *
 * @throws {EventwireError} `unknown-event`
 */
export function typeToSend(lookup: TypeLookup, name: string): WireType {
  const type = lookup(name)
  if (type === undefined) {
    throw new EventwireError(
      'unknown-event',
      `event "${name}" is not in the map given as \`events\`; add it to defineEvents()`,
      {
        type: name,
      },
    )
  }
  return type
}

/**
 * A payload as the text of its data lines.
 *
 * @throws {EventwireError} `payload-not-encodable`, `payload-rejected`
 */
export function encodePayload(wireType: WireType, type: string, payload: unknown): string {
  try {
    return wireType.encode(payload)
  } catch (cause) {
    throw refusal('payload-not-encodable', `payload of "${type}" cannot be encoded`, cause, { type })
  }
}

/**
 * The payload that arrived, or a promise of it when the schema is asynchronous; both fail with an `EventwireError`
 * (`payload-not-decodable`, `payload-rejected`) that carries the raw text.
 */
export function decodePayload({ decode }: Decoder, type: string, raw: string, id: string): unknown {
  const refuse = (cause: unknown): never => {
    throw refusal('payload-not-decodable', `data of "${type}" cannot be decoded`, cause, { type, raw, id })
  }
  try {
    const payload = decode(raw)
    return isThenable(payload) ? Promise.resolve(payload).catch(refuse) : payload
  } catch (cause) {
    return refuse(cause)
  }
}

/** The error for what a codec threw, or a schema: its rejections are known by their name. */
function refusal(
  code: EventwireErrorCode,
  failure: string,
  cause: any,
  evidence: EventwireErrorFields & { type: string },
) {
  if (cause?.name !== 'SchemaRejection') {
    return new EventwireError(code, `${failure}: ${reasonOf(cause)}`, { cause, ...evidence })
  }
  const { message, issues }: { message: string; issues: readonly SchemaIssue[] } = cause
  const text = `payload of "${evidence.type}" does not match its schema (${message})`
  return new EventwireError('payload-rejected', text, { issues, ...evidence })
}
