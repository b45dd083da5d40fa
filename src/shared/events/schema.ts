import { isThenable } from '../thenable.ts'
import { decodeJson, jsonType, type WireType } from './codec.ts'
import type { SchemaIssue, SchemaResult, StandardSchemaV1 } from './standard-schema.ts'

/** ArkType's schemas are functions, the others' are objects. */
export function isSchema(value: unknown): value is StandardSchemaV1 {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
}

/**
 * JSON, checked: the server validates the input and writes it as it is, the client validates what arrived and hands over
 * the output.
 */
export function schemaType(schema: StandardSchemaV1): WireType {
  return {
    oneLine: true,
    encode(value) {
      const result = schema['~standard'].validate(value)
      if (isThenable(result)) {
        result.then(undefined, () => {})
        throw new TypeError('the schema is asynchronous; send() needs a synchronous one')
      }
      accepted(result)
      return jsonType.encode(value)
    },
    decode: (text) => validate(schema, decodeJson(text)),
  }
}

/** The output of a schema, or a promise of it. Throws or rejects with the issues. */
export function validate(schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema['~standard'].validate(value)
  return isThenable(result) ? Promise.resolve(result).then(accepted) : accepted(result)
}

/**
 * The output, or an error that becomes an `EventwireError` where the name of the event is known. It is known by its name, so that a
 * client without schemas need not carry it.
 */
function accepted<Output>(result: SchemaResult<Output>): Output {
  const { issues } = result
  if (issues === undefined) return result.value
  throw Object.assign(new Error(issues.map(describe).join('; ')), { name: 'SchemaRejection', issues })
}

function describe({ path = [], message }: SchemaIssue): string {
  const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return place === '' ? message : `${place}: ${message}`
}
