import { parseArgs } from 'node:util'
import { UsageError } from './usage.ts'

/** What `eventwire tail` was asked to do. */
export interface TailOptions {
  readonly url: string
  /** Names to print; all when there are none. */
  readonly names: readonly string[]
  readonly headers: readonly (readonly [string, string])[]
  readonly lastEventId: string
  readonly json: boolean
  readonly once: boolean
}

const OPTIONS = {
  event: { type: 'string', multiple: true },
  header: { type: 'string', short: 'H', multiple: true },
  'last-event-id': { type: 'string' },
  json: { type: 'boolean' },
  once: { type: 'boolean' },
} as const

/** @throws {UsageError} */
export function readTailOptions(args: readonly string[]): TailOptions {
  const { values, positionals } = parse(args)
  const [url, ...others] = positionals
  if (url === undefined || others.length > 0) {
    throw new UsageError(`tail takes one URL, not ${positionals.length}; for example http://localhost:3000/sse`)
  }
  return {
    url: /^\w+:\/\//.test(url) ? url : `http://${url}`,
    names: values.event ?? [],
    headers: (values.header ?? []).map(readHeader),
    lastEventId: values['last-event-id'] ?? '',
    json: values.json ?? false,
    once: values.once ?? false,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    // The first sentence says it.
    throw new UsageError((error as Error).message.split('. ', 1)[0])
  }
}

function readHeader(header: string): [string, string] {
  const colon = header.indexOf(':')
  const pair: [string, string] = [header.slice(0, colon), header.slice(colon + 1).trim()]
  try {
    if (colon > 0) new Headers([pair])
    if (colon > 0) return pair
  } catch {
    // Told below.
  }
  throw new UsageError(`header ${JSON.stringify(header)} is none; write 'Name: value'`)
}
