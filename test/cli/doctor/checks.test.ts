// The checks of the doctor are functions of the evidence: these are cases that the proxies of the other tests do not produce.
import { describe, expect, it } from 'vitest'
import { event, exchange, findingsIn, found, headers, piece } from './evidence.ts'

const ORIGIN = 'https://app.example.com'

it('has nothing to say against a good stream', () => {
  expect(findingsIn().filter(({ result }) => result !== 'ok')).toEqual([
    { check: 'cors', result: 'unknown', found: 'not checked', cure: '--origin https://app.example.com' },
  ])
})

it('says of each fault and warning what it means, and the cure', () => {
  const stream = exchange({
    ...headers({
      'content-type': 'text/event-stream; charset=latin1',
      'cache-control': 'public',
      'content-length': '9',
    }),
    httpVersion: '1.0',
    firstByteAt: 5_000,
    events: [event('')],
    end: { how: 'broke', at: 20_000 },
  })
  const redirects = [{ status: 301, from: 'http://localhost/a', to: 'http://localhost/b' }]
  const findings = findingsIn(stream, { redirects, final: exchange(), resumed: undefined, origin: ORIGIN })
  const problems = findings.filter(({ result }) => result === 'fault' || result === 'warning')
  expect(problems.map(({ check }) => check)).toEqual([
    'redirect',
    'content-type',
    'first-byte',
    'buffering',
    'stays-open',
    'caching',
    'resumption',
    'final',
    'cors',
    'http-version',
  ])
  for (const { means, cure } of problems) expect([means, cure]).toEqual([expect.any(String), expect.any(String)])
})

describe('buffering', () => {
  it('is proved by heartbeats that arrive together', () => {
    expect(found('buffering', { pieces: [piece(5), piece(30_000, { beats: 2 })] })).toBe(
      'fault: 2 heartbeats arrived in one piece, although they are sent 15 s apart',
    )
    expect(found('buffering', { pieces: [piece(15_000, { beats: 1 })] })).toBe(
      'fault: the announcement and the heartbeats after it arrived in one piece, although they are sent 15 s apart',
    )
  })

  it('is not proved by short heartbeats in one piece, which the network may join', () => {
    const short = { heartbeat: 100, end: { how: 'enough', at: 300 } } as const
    expect(found('buffering', { ...short, pieces: [piece(5), piece(300, { beats: 2 })] })).toMatch(/^ok: /)
  })

  it('is proved by a line whose rest is late', () => {
    const cut = [piece(5, { size: 4_096, cut: true }), piece(9_005)]
    expect(found('buffering', { pieces: cut })).toBe(
      'fault: a line was cut after 4096 bytes, and its rest came 9 s later',
    )
    expect(found('buffering', { pieces: [cut[0]!, piece(6)] })).toMatch(/^ok: /)
  })

  it('is proved by a Content-Length', () => {
    expect(found('buffering', headers({ 'content-length': '123' }))).toMatch(/^fault: Content-Length: 123/)
  })

  it('is named after the hop that Via or its own header names', () => {
    const means = (given: Record<string, string>) =>
      findingsIn(headers({ 'content-length': '1', ...given })).find(({ check }) => check === 'buffering')!.means
    expect(means({ via: '1.1 corp-proxy' })).toMatch(/held back by a proxy \(Via: 1\.1 corp-proxy\)/)
    expect(means({ via: '1.1 a, 1.1 varnish' })).toMatch(
      /held back by fastly \(Via: 1\.1 varnish\) or a proxy \(Via: 1\.1 a\)/,
    )
    expect(means({ server: 'cloudflare', 'cf-ray': '1' })).toMatch(/held back by cloudflare \(Server: cloudflare\):/)
    expect(means({ 'x-amz-cf-id': 'x' })).toMatch(/held back by cloudfront/)
    expect(means({ server: 'Express' })).toMatch(/a hop that names itself in no header/)
  })

  it('is not judged when too little arrived', () => {
    expect(found('buffering', { heartbeat: undefined, pieces: [] })).toBe('unknown: too little arrived to judge')
  })
})

describe('heartbeat', () => {
  it('is kept when events come more often', () => {
    const pieces = [piece(5), piece(9_000), piece(18_000)]
    expect(found('heartbeat', { pieces, end: { how: 'enough', at: 18_000 } })).toMatch(/^ok: .+more often/)
  })

  it('is a fault when it is overdue for a client', () => {
    expect(found('heartbeat', { pieces: [piece(5)], end: { how: 'enough', at: 38_600 } })).toBe(
      'fault: announced every 15 s, none in 38.6 s',
    )
  })

  it('is not judged when the time was too short', () => {
    const [finding] = findingsIn({ pieces: [piece(5)], end: { how: 'timeout', at: 10_000 } }).filter(
      ({ check }) => check === 'heartbeat',
    )
    expect(finding).toMatchObject({ result: 'unknown', cure: '--timeout 40' })
  })

  it('is too rare when no timeout that the doctor takes would outlast it', () => {
    const of = (heartbeat: number) =>
      findingsIn({ heartbeat, pieces: [piece(5)], end: { how: 'timeout', at: 40_000 } }).find(
        ({ check }) => check === 'heartbeat',
      )!
    expect(of(1_430_000)).toMatchObject({ result: 'unknown', cure: '--timeout 3578' })
    const { result, found, means, cure } = of(1_800_000)
    expect(`${result}: ${found}`).toBe('warning: announced every 1800 s, which is too rare to be watched')
    expect(means).toMatch(/close a silent connection/)
    expect(cure).not.toMatch(/--timeout/)
  })

  it('is missed where nothing announces it and nothing comes', () => {
    const end = { how: 'timeout', at: 40_000 } as const
    expect(found('heartbeat', { heartbeat: undefined, pieces: [piece(5)], end })).toMatch(/^warning: none is announced/)
    const commented = [piece(5), piece(15_000, { comments: 1 })]
    expect(found('heartbeat', { heartbeat: undefined, pieces: commented, end })).toMatch(/^ok: /)
  })
})

describe('stays-open', () => {
  it('accepts a final end', () => {
    const events = [event('e.1'), event('sse:end', 'sse:end', '{}')]
    expect(found('stays-open', { events, end: { how: 'complete', at: 9 } })).toBe('ok: the server ended it for good')
  })

  it('distinguishes a hop that gives up from one that is less patient than the heartbeat', () => {
    const broke = (at: number) => ({ lastByteAt: 0, end: { how: 'broke', at } }) as const
    const means = (at: number) => findingsIn(broke(at)).find(({ check }) => check === 'stays-open')!.means
    expect(means(10_000)).toMatch(/time limit for silence that is shorter than the heartbeat/)
    expect(means(60_000)).toMatch(/gave up/)
  })
})

describe('a body that cannot be read', () => {
  const broke = (code: string, given: object = {}) => ({ ...given, end: { how: 'broke', at: 6, code } }) as const
  const gzipped = headers({ 'content-encoding': 'gzip' })

  it.each(['Z_DATA_ERROR', 'ERR__ERROR_FORMAT_PADDING_2'])('is not a hop that gives up: %s', (code) => {
    const stream = broke(code, gzipped)
    expect(found('stays-open', stream)).toBe('no finding')
    expect(found('compression', stream)).toBe('fault: gzip that cannot be decompressed')
    expect(found('compression', { ...stream, pieces: [] })).toBe('fault: gzip that cannot be decompressed')
  })

  it('is not corrupt when HTTP/2 reset the stream', () => {
    const stream = broke('ERR_HTTP2_STREAM_ERROR', { ...gzipped, pieces: [] })
    expect(found('stays-open', stream)).toMatch(/^fault: the connection broke/)
    expect(found('compression', stream)).toBe('unknown: gzip, and nothing arrived')
  })

  it('may not be HTTP, or may have an event without end', () => {
    expect(found('stays-open', broke('HPE_INVALID_CHUNK_SIZE'))).toBe(
      'fault: the body is not HTTP (HPE_INVALID_CHUNK_SIZE)',
    )
    expect(found('stays-open', broke('event-too-large'))).toBe('fault: an event of more than 8 MiB')
  })
})

describe('final', () => {
  it('names the hop that may remove the header', () => {
    const finding = findingsIn({}, { final: exchange() }).find(({ check }) => check === 'final')!
    expect(finding.means).toBe(
      'The id sse:end does not reach the server, which would respond with 204. Last-Event-ID may be removed by a hop that names itself in no header. An EventSource then reconnects without end.',
    )
  })
})

describe('resumption', () => {
  const three = [event('e.0', 'sse:cursor'), event('e.1'), event('e.2')]
  const resumed = (...events: ReturnType<typeof event>[]) => ({
    resumedFrom: 'e.1',
    resumed: exchange({ events, pieces: [piece(6)] }),
  })

  it('is fine when the server confirms the id or replays from it', () => {
    expect(found('resumption', { events: three }, resumed(event('e.1', 'sse:cursor'), event('e.2')))).toMatch(
      /^ok: .+replays/,
    )
    expect(found('resumption', { events: three }, resumed(event('e.2')))).toMatch(/^ok: .+replays/)
    expect(found('resumption', { events: three.slice(0, 1) })).toMatch(/^ok: .+nothing was missed/)
  })

  it('finds a server that starts anew, or at its present position', () => {
    expect(found('resumption', { events: three }, resumed(event('e.1')))).toMatch(/^fault: .+starts anew/)
    expect(found('resumption', { events: three }, resumed(event('e.2', 'sse:cursor')))).toMatch(/^fault: .+starts anew/)
  })

  it('finds a server that goes on without the events in between, unless it is a channel', () => {
    const byHand = { heartbeat: undefined, events: three.slice(1) }
    expect(found('resumption', byHand, resumed(event('e.7')))).toBe(
      'fault: after the id e.1 the server does not replay e.2',
    )
    expect(found('resumption', byHand, resumed())).toMatch(/^fault: .+does not replay e\.2/)
    expect(found('resumption', { events: three }, resumed(event('e.1', 'sse:cursor'), event('e.7')))).toMatch(/^ok: /)
  })

  it('knows from a gap that processes do not share a log, or that the history is short', () => {
    const gap = (reason: string) => resumed(event('', 'sse:gap', `{"reason":"${reason}"}`), event('f.9'))
    expect(found('resumption', { events: three }, gap('epoch'))).toBe('fault: gap: epoch')
    expect(found('resumption', { events: three }, gap('trimmed'))).toBe('warning: gap: trimmed')
  })

  it('finds events without ids, and a reconnect that is refused', () => {
    const none = { resumed: undefined, resumedFrom: undefined }
    expect(found('resumption', { events: [event(''), event('')] }, none)).toBe('warning: 2 events without an id')
    expect(found('resumption', { events: [] }, none)).toMatch(/^unknown: /)
    expect(found('resumption', {}, { resumed: exchange({ status: 400 }) })).toBe(
      'fault: a request with Last-Event-ID gets 400',
    )
  })
})

describe('caching', () => {
  it.each([
    [{ age: '12' }, 'fault: Age: 12'],
    [{ 'cf-cache-status': 'HIT' }, 'fault: cf-cache-status: HIT'],
    [{ 'x-cache': 'Miss from cloudfront' }, 'ok: Cache-Control: no-cache, no-transform'],
    [{ 'cache-control': 'no-store' }, 'ok: Cache-Control: no-store'],
    [{ 'cache-control': 's-maxage=9, no-transform' }, 'fault: Cache-Control: s-maxage=9, no-transform'],
    [{ 'cache-control': '' }, 'warning: no Cache-Control'],
  ])('judges %j', (given, expected) => {
    expect(found('caching', headers(given))).toBe(expected)
  })
})

describe('cors', () => {
  const allowed = { 'access-control-allow-origin': ORIGIN }
  const cors = (given: Record<string, string>, preflight: Record<string, string>, headerNames: string[] = []) =>
    found('cors', headers(given), {
      origin: ORIGIN,
      headerNames,
      preflight: exchange({ status: 204, headers: preflight }),
    })

  it.each([
    [allowed, { ...allowed, 'access-control-allow-headers': 'last-event-id' }, [], 'ok: a page on'],
    [{ 'access-control-allow-origin': '*' }, { ...allowed, 'access-control-allow-headers': '*' }, [], 'ok: a page on'],
    [{}, {}, [], 'fault: the response lacks Access-Control-Allow-Origin'],
    [
      { 'access-control-allow-origin': 'https://b.test' },
      {},
      [],
      'fault: Access-Control-Allow-Origin: https://b.test on',
    ],
    [{ 'access-control-allow-origin': '*' }, {}, ['cookie'], 'fault: Access-Control-Allow-Origin: * on'],
    [allowed, {}, [], 'fault: the preflight lacks Access-Control-Allow-Origin'],
    [allowed, allowed, [], 'fault: the preflight refuses last-event-id'],
    [
      allowed,
      { ...allowed, 'access-control-allow-headers': '*' },
      ['authorization'],
      'fault: the preflight refuses authorization',
    ],
  ])('judges %j, %j, %j', (given, preflight, names, expected) => {
    expect(cors(given, preflight, names)).toContain(expected)
  })

  it('needs no permission for a page of the same origin', () => {
    expect(found('cors', {}, { origin: 'http://localhost:3000' })).toMatch(/^ok: /)
  })
})

describe('http-version', () => {
  it.each([
    ['http://localhost:3000/', '1.1', undefined, 'ok: HTTP/1.1 on this machine'],
    ['http://example.com/', '1.1', undefined, 'warning: HTTP/1.1 without TLS'],
    ['https://example.com/', '1.1', undefined, 'warning: HTTP/1.1, and the server does not offer HTTP/2'],
    ['https://example.com/', '2', 100, 'ok: HTTP/2, 100 streams to a connection'],
    ['https://example.com/', '2', 4, 'warning: HTTP/2, 4 streams to a connection'],
    ['http://localhost/', '1.0', undefined, 'warning: HTTP/1.0'],
  ])('judges %s over HTTP/%s with %s streams', (url, httpVersion, maxStreams, expected) => {
    expect(found('http-version', { url, httpVersion, maxStreams })).toContain(expected)
  })
})

describe('x-accel-buffering', () => {
  it.each([
    [{ 'x-accel-buffering': 'yes' }, 'warning: yes'],
    [{ 'x-accel-buffering': 'yes', server: 'nginx' }, 'warning: yes'],
  ])('judges %j', (given, expected) => {
    expect(found('x-accel-buffering', headers(given))).toBe(expected)
  })

  it('misses it only where no hop may have kept it to itself', () => {
    const bare = { 'content-type': 'text/event-stream' }
    expect(found('x-accel-buffering', { headers: bare })).toBe('warning: missing')
    expect(found('x-accel-buffering', { headers: { ...bare, server: 'nginx' } })).toMatch(/^ok: /)
  })
})
