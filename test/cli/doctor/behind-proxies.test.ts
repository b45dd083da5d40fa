// `eventwire doctor` finds what nginx and Caddy do to a stream when they are configured wrongly, names the hop, and has nothing to
// say against them when they are configured well.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Backend, ORIGIN, startBackend } from './backend.ts'
import { authority, isMissing, type RunningProxy, type Sites, startCaddy, startNginx } from './proxies.ts'
import { examined } from './run.ts'

// Most of them wait.
vi.setConfig({ maxConcurrency: 12 })

const DEAF = 'proxy_ignore_headers X-Accel-Buffering;'
const GZIP = 'gzip on; gzip_proxied any; gzip_types text/event-stream; gzip_min_length 0;'

const NGINX: Sites = {
  plain: { settings: '' },
  unbuffered: { settings: `${DEAF} proxy_buffering off; proxy_read_timeout 1h;` },
  gzip: { settings: GZIP },
  http2: { settings: '', tls: 'ssl http2' },
  http1: { settings: '', tls: 'ssl' },
  impatient2: { settings: 'proxy_read_timeout 2500ms;', tls: 'ssl http2' },
  buffered2: { settings: DEAF, tls: 'ssl http2' },
  // A reconnect reaches another process, as it may behind every load balancer.
  balanced: { settings: 'if ($http_last_event_id) { proxy_pass http://127.0.0.1:{other backend}; }' },
  buffered: { settings: DEAF },
  collected: { settings: DEAF + GZIP },
  impatient: { settings: 'proxy_read_timeout 2500ms;' },
  stripped: { settings: 'proxy_set_header Last-Event-ID "";' },
  retyped: { settings: 'proxy_hide_header Content-Type; add_header Content-Type text/plain;' },
  latin: {
    settings: 'proxy_hide_header Content-Type; add_header Content-Type "text/event-stream; charset=iso-8859-1";',
  },
  expires: { settings: 'expires 1h;' },
  transforming: { settings: 'proxy_hide_header Cache-Control; add_header Cache-Control no-cache;' },
  cached: {
    settings: 'proxy_cache streams; proxy_cache_valid 200 1m; add_header X-Cache-Status $upstream_cache_status;',
  },
  twice: { settings: 'add_header Access-Control-Allow-Origin *;' },
  moved: { settings: '', server: 'location = /old { return 301 /events; }' },
  secured: { settings: 'return 301 https://127.0.0.1:{port of http2}$request_uri;' },
  locked: { settings: 'return 401;' },
  down: { settings: '', server: 'location = /down { proxy_pass http://127.0.0.1:1; }' },
  page: {
    settings: '',
    server: 'location = /page { default_type text/html; return 200 "<!doctype html><h1>Hi</h1>"; }',
  },
}

const CADDY: Sites = {
  plain: { settings: '' },
  http2: { settings: '', tls: '' },
  encode: { settings: '', server: 'encode gzip {\n match header Content-Type text/event-stream*\n }' },
  buffered: { settings: 'buffer_responses' },
  stripped: { settings: 'header_up -Last-Event-ID' },
  cached: { settings: 'header_down Cache-Control "public, max-age=3600"' },
  twice: { settings: 'header_down +Access-Control-Allow-Origin *' },
}

/** Nothing is late, however busy the machine is: the doctor leaves when it has seen what it waits for. */
const PATIENT = ['--timeout', '60', '--slow', '60', '--settle', '60']
/** For streams that are held back for ever, so that waiting longer would not change a thing. */
const IMPATIENT = ['--timeout', '3', '--slow', '60']
/** For a heartbeat that never comes. The first byte may count as late then. */
const SOON = ['--timeout', '30', '--slow', '0.2']
const LONG = { timeout: 120_000 }
const CORS = ['--origin', ORIGIN]

type Case = readonly [
  site: string,
  path: string,
  args: readonly string[],
  problems: Record<string, string>,
  text?: RegExp,
]

const NGINX_CASES: readonly Case[] = [
  ['plain', '/events', [...PATIENT, ...CORS], {}],
  ['plain', '/handmade', PATIENT, {}],
  ['unbuffered', '/events', PATIENT, {}],
  ['gzip', '/events', PATIENT, {}, /"gzip, and bytes arrive as they are sent"/],
  ['http2', '/events', PATIENT, {}, /"HTTP\/2, 128 streams to a connection"/],
  ['http1', '/events', PATIENT, { 'http-version': 'warning' }, /listen 443 ssl http2/],
  [
    'buffered',
    '/events',
    IMPATIENT,
    { 'first-byte': 'fault', buffering: 'fault' },
    /held back by nginx \(Server: nginx.+proxy_buffering off/,
  ],
  ['buffered', '/large', SOON, { buffering: 'fault', heartbeat: 'fault' }, /held back by nginx \(Server: nginx/],
  [
    'collected',
    '/large',
    IMPATIENT,
    { 'first-byte': 'fault', compression: 'fault' },
    /compressor collects before it writes, probably in nginx/,
  ],
  [
    'impatient',
    '/calm',
    PATIENT,
    { 'stays-open': 'fault' },
    /shorter than the heartbeat, probably nginx.+proxy_read_timeout/,
  ],
  ['stripped', '/events', PATIENT, { resumption: 'fault', final: 'fault' }, /removed by nginx.+cursorIn: 'query'/],
  ['retyped', '/events', PATIENT, { 'content-type': 'fault' }, /looks like events/],
  ['latin', '/events', PATIENT, { 'content-type': 'warning' }, /always UTF-8/],
  ['expires', '/events', PATIENT, { caching: 'fault' }, /Cache-Control: max-age=3600/],
  ['transforming', '/events', PATIENT, { caching: 'warning' }, /without no-transform/],
  ['plain', '/unasked', [...PATIENT, ...CORS], { cors: 'fault' }, /the preflight gets 405/],
  ['twice', '/events', [...PATIENT, ...CORS], { cors: 'fault' }, /Two hops set the header/],
  ['moved', '/old', PATIENT, { redirect: 'warning' }, /subscribe to http:\S+\/events/],
  ['secured', '/events', PATIENT, { redirect: 'warning' }, /301 to https:.+subscribe to https:/],
  ['locked', '/events', PATIENT, { status: 'fault' }, /send the credential/],
  ['down', '/down', PATIENT, { status: 'fault' }, /"502: .+see the log of the server, and of nginx/],
  ['page', '/page', PATIENT, { 'content-type': 'fault' }, /A page responds instead of the stream/],
  [
    'cached',
    '/finite',
    PATIENT,
    { caching: 'fault', 'stays-open': 'warning', resumption: 'fault', final: 'warning' },
    /x-cache-status: HIT.+comes from a cache, probably nginx/,
  ],
  ['plain', '/never', IMPATIENT, { status: 'fault' }, /no response within 3 s.+not even a head/],
  ['impatient2', '/calm', PATIENT, { 'stays-open': 'fault' }, /shorter than the heartbeat, probably nginx/],
  ['buffered2', '/events', IMPATIENT, { 'first-byte': 'fault', buffering: 'fault' }, /held back by nginx/],
  ['balanced', '/events', PATIENT, { resumption: 'fault' }, /gap: epoch.+Several processes with a log each.+redisLog/],
]

const CADDY_CASES: readonly Case[] = [
  ['plain', '/handmade', PATIENT, {}],
  ['plain', '/events', [...PATIENT, ...CORS], {}],
  ['http2', '/events', PATIENT, {}, /"HTTP\/2, /],
  [
    'encode',
    '/block',
    IMPATIENT,
    { compression: 'fault', caching: 'warning' },
    /collects before it writes, probably in caddy/,
  ],
  [
    'buffered',
    '/events',
    IMPATIENT,
    { 'first-byte': 'fault', buffering: 'fault' },
    /held back by caddy \(Server: Caddy\)/,
  ],
  ['stripped', '/events', PATIENT, { resumption: 'fault', final: 'fault' }, /removed by caddy/],
  ['cached', '/events', PATIENT, { caching: 'fault' }, /public, max-age=3600/],
  ['twice', '/events', [...PATIENT, ...CORS], { cors: 'fault' }, /Two hops set the header/],
]

let backends: Backend[]
beforeAll(async () => {
  backends = await Promise.all([startBackend(), startBackend()])
})
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.close()))
})

const programs = [
  ['nginx', NGINX, NGINX_CASES, startNginx],
  ['caddy', CADDY, CADDY_CASES, startCaddy],
] as const

describe.concurrent.each(programs)('behind %s', (program, sites, cases, start) => {
  const missing = isMissing(program)
  let proxy: RunningProxy | undefined
  beforeAll(async () => {
    if (!missing) proxy = await start(sites, backends[0]!.port, backends[1]!.port)
  })
  afterAll(() => proxy?.stop())

  it.skipIf(missing).concurrent.for(cases)('%s%s %j', LONG, async ([site, path, args, problems, pattern = /./]) => {
    const url = proxy!.url(site, path)
    const seen = await examined(url, args, { NODE_EXTRA_CA_CERTS: authority })
    if (args === SOON) delete seen.problems['first-byte']
    expect(seen.problems, seen.text).toEqual(problems)
    expect(seen.text).toMatch(pattern)
    expect(seen.code).toBe(Object.values(problems).includes('fault') ? 1 : 0)
    expect(seen.report).toMatchObject({ version: 1, url })
  })
})
