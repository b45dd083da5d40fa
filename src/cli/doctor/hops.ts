import type { Evidence } from './evidence.ts'

/** A program between the server and the doctor, as far as headers show it. */
export interface Hop {
  readonly kind: Kind
  /** The header that names it, as `Server: nginx/1.22.1`. */
  readonly header: string
}

export type Kind = 'nginx' | 'caddy' | 'apache' | 'cloudflare' | 'cloudfront' | 'fastly' | 'envoy' | 'vercel' | 'other'

/** Names of hops in `Server` and `Via`. */
const NAMES: readonly (readonly [RegExp, Kind])[] = [
  [/nginx|openresty|tengine/i, 'nginx'],
  [/caddy/i, 'caddy'],
  [/apache/i, 'apache'],
  [/cloudflare/i, 'cloudflare'],
  [/cloudfront/i, 'cloudfront'],
  [/fastly|varnish/i, 'fastly'],
  [/envoy|istio/i, 'envoy'],
  [/vercel/i, 'vercel'],
]

/** Headers that only one kind of hop sends. */
const OWN_HEADERS: readonly (readonly [string, Kind])[] = [
  ['cf-ray', 'cloudflare'],
  ['x-amz-cf-id', 'cloudfront'],
  ['x-served-by', 'fastly'],
  ['x-envoy-upstream-service-time', 'envoy'],
  ['x-vercel-id', 'vercel'],
  ['x-cache', 'other'],
  ['x-proxy-cache', 'other'],
]

/** The hops that any of the responses names, the nearest first. */
export function hopsOf({ stream, resumed, final, preflight, plain }: Evidence): Hop[] {
  const found = new Map<Kind, Hop>()
  for (const seen of [stream, plain, final, resumed, preflight]) {
    if (seen === undefined) continue
    for (const hop of hopsIn(seen.headers)) if (!found.has(hop.kind)) found.set(hop.kind, hop)
  }
  return [...found.values()]
}

function* hopsIn(headers: Readonly<Record<string, string>>): Generator<Hop> {
  const server = headers.server ?? ''
  const kind = kindOf(server)
  if (kind !== undefined) yield { kind, header: `Server: ${server}` }
  // The nearest hop adds itself last.
  for (const via of (headers.via ?? '').split(',').reverse()) {
    if (via.trim() !== '') yield { kind: kindOf(via) ?? 'other', header: `Via: ${via.trim()}` }
  }
  for (const [name, kind] of OWN_HEADERS) {
    if (headers[name] !== undefined) yield { kind, header: `${name}: ${headers[name]}` }
  }
}

function kindOf(text: string): Kind | undefined {
  return NAMES.find(([pattern]) => pattern.test(text))?.[1]
}

/** The hops for a sentence: `the hop at "Server: nginx"`. */
export function named(hops: readonly Hop[]): string {
  if (hops.length === 0) return 'a hop that names itself in no header'
  return hops.map(({ kind, header }) => (kind === 'other' ? `a proxy (${header})` : `${kind} (${header})`)).join(' or ')
}
