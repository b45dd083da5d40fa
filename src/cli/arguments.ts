import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './usage.ts'

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<Known extends Options> = ReturnType<typeof parseArgs<{ options: Known; allowPositionals: true }>>

/**
 * Splits the arguments of a command into options and the rest.
 *
 * @throws {UsageError} for an unknown option, and one without its value.
 */
export function parse<const Known extends Options>(args: readonly string[], options: Known): Parsed<Known> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    // The first sentence says it.
    throw new UsageError((error as Error).message.split('. ', 1)[0])
  }
}

/**
 * The one URL that a command takes. `http://` may be left out.
 *
 * @throws {UsageError} for none, and for more than one.
 */
export function readUrl(command: string, positionals: readonly string[]): string {
  const [url, ...others] = positionals
  if (url === undefined || others.length > 0) {
    throw new UsageError(`${command} takes one URL, not ${positionals.length}; for example http://localhost:3000/sse`)
  }
  return /^\w+:\/\//.test(url) ? url : `http://${url}`
}

/** @throws {UsageError} unless it reads `Name: value`. */
export function readHeader(header: string): [string, string] {
  const colon = header.indexOf(':')
  const pair: [string, string] = [header.slice(0, colon), header.slice(colon + 1).trim()]
  try {
    if (colon > 0) new Headers([pair])
    if (colon > 0) return pair
  } catch {
    // Reported below.
  }
  throw new UsageError(`invalid header ${JSON.stringify(header)}; write 'Name: value'`)
}
