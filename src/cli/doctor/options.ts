import { LAST_EVENT_ID_HEADER } from '../../shared/wire/names.ts'
import { parse, readHeader, readUrl } from '../arguments.ts'
import { UsageError } from '../usage.ts'
import type { Limits } from './evidence.ts'

/** The command line of `eventwire doctor`, parsed. */
export interface DoctorOptions {
  readonly url: URL
  readonly headers: readonly (readonly [string, string])[]
  readonly origin: string | undefined
  readonly limits: Limits
  readonly json: boolean
}

const OPTIONS = {
  header: { type: 'string', short: 'H', multiple: true },
  origin: { type: 'string' },
  timeout: { type: 'string' },
  slow: { type: 'string' },
  settle: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Seconds. The default outlasts the silence after which the client gives up, 2.5 heartbeats of 15 s. */
const DEFAULTS = { timeout: 40, slow: 1, settle: 2 }
/** The largest value of an option in seconds. */
export const MOST_SECONDS = 3_600

/** @throws {UsageError} */
export function readDoctorOptions(args: readonly string[]): DoctorOptions {
  const { values, positionals } = parse(args, OPTIONS)
  return {
    url: readHttpUrl(readUrl('doctor', positionals)),
    headers: (values.header ?? []).map(readOwnHeader),
    origin: values.origin === undefined ? undefined : readOrigin(values.origin),
    limits: {
      timeout: readSeconds('timeout', values.timeout),
      slow: readSeconds('slow', values.slow),
      settle: readSeconds('settle', values.settle),
    },
    json: values.json ?? false,
  }
}

function readHttpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`cannot examine ${JSON.stringify(text)}: not an http(s) URL; give http(s)://host/path`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError("user and password in a URL are refused by browsers; write -H 'Authorization: Basic …'")
  }
  return url
}

/** The doctor reconnects with ids of the stream; another id would hide whether the server knows them. */
function readOwnHeader(text: string): [string, string] {
  const header = readHeader(text)
  if (header[0].toLowerCase() !== LAST_EVENT_ID_HEADER.toLowerCase()) return header
  throw new UsageError('the doctor sends Last-Event-ID itself, with ids of the stream; leave it out')
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && url.origin === text.replace(/\/$/, '')) return url.origin
  throw new UsageError(`origin ${JSON.stringify(text)} is not an origin; write for example https://app.example.com`)
}

/** The milliseconds of an option in seconds. */
function readSeconds(name: keyof typeof DEFAULTS, text: string | undefined): number {
  const seconds = text === undefined ? DEFAULTS[name] : Number(text)
  if (text?.trim() !== '' && seconds > 0 && seconds <= MOST_SECONDS) return seconds * 1_000
  throw new UsageError(`${name} ${JSON.stringify(text)} is not a number of seconds above 0 and up to ${MOST_SECONDS}`)
}
