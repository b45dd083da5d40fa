import type { WireType } from './codec.ts'
import type { FindType } from './define-events.ts'
import { EventwireError } from './errors.ts'
import { SchemaRejection } from './schema.ts'

/**
 * The type of an event that is about to be sent.
 *
 * @throws {EventwireError} `unknown-event`
 */
export function typeToSend(find: FindType, name: string): WireType {
  const type = find(name)
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
export function encodePayload(type: WireType, name: string, payload: unknown): string {
  try {
    return type.encode(payload)
  } catch (cause) {
    if (cause instanceof SchemaRejection) throw rejected(name, cause, {})
    throw new EventwireError('payload-not-encodable', `payload of "${name}" cannot be encoded: ${reason(cause)}`, {
      cause,
      type: name,
    })
  }
}

/**
 * The payload that arrived, or a promise of it when the schema is asynchronous; both fail with an `EventwireError`
 * (`payload-not-decodable`, `payload-rejected`) that carries the raw text.
 */
export function decodePayload(type: WireType, name: string, raw: string, id: string): unknown {
  const refuse = (cause: unknown): never => {
    if (cause instanceof SchemaRejection) throw rejected(name, cause, { raw, id })
    throw new EventwireError('payload-not-decodable', `data of "${name}" cannot be decoded: ${reason(cause)}`, {
      cause,
      type: name,
      raw,
      id,
    })
  }
  try {
    const payload = type.decode(raw)
    return payload instanceof Promise ? payload.catch(refuse) : payload
  } catch (cause) {
    return refuse(cause)
  }
}

function rejected(name: string, { message, issues }: SchemaRejection, evidence: { raw?: string; id?: string }) {
  return new EventwireError('payload-rejected', `payload of "${name}" does not match its schema (${message})`, {
    type: name,
    issues,
    ...evidence,
  })
}

/** The first line of what was thrown: engines describe a cycle in several. */
function reason(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split('\n', 1)[0]!
}
