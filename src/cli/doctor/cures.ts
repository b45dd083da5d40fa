import type { Hop, Kind } from './hops.ts'

const BUFFERING: Record<Kind, string> = {
  nginx: `in nginx:
  location /events {
    proxy_pass http://app;
    proxy_buffering off;
  }
or let the server's X-Accel-Buffering: no pass: no proxy_ignore_headers, no proxy_hide_header for it before nginx`,
  caddy: `in the Caddyfile: leave text/event-stream out of encode, and give reverse_proxy neither flush_interval nor
request or response buffers`,
  apache: 'in Apache: SetEnvIf Request_URI ^/events no-gzip=1 and ProxyPass /events http://app/events flushpackets=on',
  cloudflare: `in Cloudflare: no rule that transforms or caches the path. A quick tunnel (trycloudflare.com) collects GET:
  subscribe(url, { method: 'POST' })`,
  cloudfront: 'in CloudFront: the managed cache policy CachingDisabled for the path, and no compression',
  fastly: 'in Fastly: set beresp.do_stream = true and return (pass) for the path; in Varnish the same',
  envoy: 'in Envoy: no buffer filter and no compressor for the route, and timeout: 0s',
  vercel: 'on Vercel: a function that streams, not a rewrite',
  other: 'switch response buffering off for this path at that hop, or subscribe with POST, which many let through',
}

/** For hops of other people. */
const OTHERWISE = 'or, where that cannot be changed: subscribe(url, { fallback: poll() })'

/** How to switch buffering off at these hops. */
export function bufferingCure(hops: readonly Hop[]): string {
  const known = hops.map(({ kind }) => BUFFERING[kind])
  return `${known.length > 0 ? known.join('\n') : BUFFERING.other}\n${OTHERWISE}`
}

const HEADER: Partial<Record<Kind, string>> = {
  nginx: 'in nginx: no proxy_set_header Last-Event-ID, or with $http_last_event_id',
  caddy: 'in the Caddyfile: no header_up that removes Last-Event-ID',
  cloudfront: 'in CloudFront: an origin request policy that passes Last-Event-ID',
}

/** How to let `Last-Event-ID` pass these hops. */
export function headerCure(hops: readonly Hop[]): string {
  const known = hops.flatMap(({ kind }) => HEADER[kind] ?? [])
  return known.length > 0 ? known.join('\n') : 'let the header Last-Event-ID pass at that hop'
}
