import { readFileSync } from 'node:fs'
import { parse, readHeader, readUrl } from './arguments.ts'
import { isJson } from './pretty-json.ts'
import { UsageError } from './usage.ts'

/** The command line of `eventwire tail`, parsed. */
export interface TailOptions {
  readonly url: string
  /** Names to print; all when there are none. */
  readonly names: readonly string[]
  readonly method: string
  readonly body: string | Uint8Array | undefined
  readonly headers: readonly (readonly [string, string])[]
  readonly lastEventId: string
  readonly json: boolean
  readonly once: boolean
}

const OPTIONS = {
  event: { type: 'string', multiple: true },
  request: { type: 'string', short: 'X' },
  data: { type: 'string', short: 'd' },
  header: { type: 'string', short: 'H', multiple: true },
  'last-event-id': { type: 'string' },
  json: { type: 'boolean' },
  once: { type: 'boolean' },
} as const

/** @throws {UsageError} */
export function readTailOptions(args: readonly string[]): TailOptions {
  const { values, positionals } = parse(args, OPTIONS)
  const url = readUrl('tail', positionals)
  const body = values.data === undefined ? undefined : readBody(values.data)
  const method = readMethod(values.request, body !== undefined)
  const headers = (values.header ?? []).map(readHeader)
  if (body !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['Content-Type', typeOf(body)])
  }
  return {
    url,
    names: values.event ?? [],
    method,
    body,
    headers,
    lastEventId: values['last-event-id'] ?? '',
    json: values.json ?? false,
    once: values.once ?? false,
  }
}

/** `@` reads a file, as in curl. */
function readBody(data: string): string | Uint8Array {
  if (!data.startsWith('@')) return data
  try {
    return readFileSync(data.slice(1))
  } catch (error) {
    throw new UsageError(`cannot read the data: ${(error as Error).message}`)
  }
}

function readMethod(request: string | undefined, hasBody: boolean): string {
  const method = request ?? (hasBody ? 'POST' : 'GET')
  try {
    return new Request('http://localhost', { method, ...(hasBody && { body: '' }) }).method
  } catch {
    const why = hasBody && /^(get|head)$/i.test(method) ? `${method} cannot carry data` : `invalid method "${method}"`
    throw new UsageError(`${why}; write for example -X POST`)
  }
}

/** JSON, or what curl says: most servers that are posted to read one of the two. */
function typeOf(body: string | Uint8Array): string {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  return isJson(text) ? 'application/json' : 'application/x-www-form-urlencoded'
}
