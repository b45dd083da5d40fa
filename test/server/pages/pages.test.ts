// A channel with `poll: pages()` responds to polls with pages of its log: every event once and in order, cacheable, within bounds.
import { describe, expect, it } from 'vitest'
import { createChannel, createChannels, memoryLog } from '../../../src/server/index.ts'
import { pages } from '../../../src/server/pages/index.ts'
import { pagesFrom, payloads } from './page-client.ts'

interface Events {
  note: number
  other: string
}

const open = (options: object = {}, bounds: Parameters<typeof pages>[0] = {}) =>
  createChannel<Events>({ ...options, poll: pages(bounds) })

/** A channel on which one poll waits. */
async function openPolled() {
  const channel = open()
  const get = pagesFrom(channel)
  const { next } = await get('offset=now')
  const polling = get(`offset=${next}&live=long-poll`)
  await expect.poll(() => channel.size).toBe(1)
  return { channel, get, polling }
}

describe('a page', () => {
  it('has the events after an offset, and the offset to read on from', async () => {
    const channel = open()
    const get = pagesFrom(channel)
    const cursor = await channel.publish('note', 1)
    const first = await get('offset=-1')
    expect(first.status).toBe(200)
    expect(first.messages).toEqual([{ type: 'note', id: cursor, data: '1' }])
    expect(first.headers.get('Stream-Up-To-Date')).toBe('true')
    expect(first.headers.get('Stream-Closed')).toBeNull()
    await channel.publish('note', 2)
    await channel.publish('note', 3)
    expect(payloads(await get(`offset=${first.next}`))).toEqual([2, 3])
  })

  it('is limited, and says that there is more', async () => {
    const channel = open({}, { maxEvents: 2 })
    for (let n = 0; n < 5; n++) channel.publish('note', n)
    const get = pagesFrom(channel)
    const seen: unknown[] = []
    const ends: (string | null)[] = []
    for (let offset = '-1', count = 0; count < 3; count++) {
      const page = await get(`offset=${offset}`)
      seen.push(payloads(page))
      ends.push(page.headers.get('Stream-Up-To-Date'))
      offset = page.next
    }
    expect(seen).toEqual([[0, 1], [2, 3], [4]])
    expect(ends).toEqual([null, null, 'true'])
  })

  it('takes no further event once it has `maxBytes`, and one at least', async () => {
    const channel = open({}, { maxBytes: 10 })
    channel.publish('other', 'x'.repeat(1_000))
    channel.publish('note', 1)
    const get = pagesFrom(channel)
    const first = await get('offset=-1')
    expect(first.messages.map(({ type }) => type)).toEqual(['other'])
    expect(payloads(await get(`offset=${first.next}`))).toEqual([1])
  })

  it('has offsets that sort as text where cursors do not', async () => {
    const channel = open()
    const get = pagesFrom(channel)
    const offsets: string[] = []
    for (let n = 0; n < 80; n++) {
      await channel.publish('note', n)
      offsets.push((await get('offset=now')).next)
    }
    expect([...offsets].sort()).toEqual(offsets)
    expect(offsets.every((offset) => /^[0-9a-z.]+$/.test(offset))).toBe(true)
  })

  it('is byte for byte the same for all clients, with the same entity tag, and 304 for one that has it', async () => {
    const channel = open()
    for (let n = 0; n < 10; n++) channel.publish('note', n)
    const get = pagesFrom(channel)
    const [one, other] = [await get('offset=-1'), await get('offset=-1')]
    const tag = one.headers.get('ETag')!
    expect(tag).toMatch(/^".+"$/)
    expect([other.text, other.headers.get('ETag')]).toEqual([one.text, tag])
    const again = await get('offset=-1', { headers: { 'If-None-Match': `"x", W/${tag}` } })
    expect([again.status, again.text, again.next]).toEqual([304, '', one.next])
    await channel.publish('note', 10)
    expect((await get('offset=-1', { headers: { 'If-None-Match': tag } })).status).toBe(200)
    expect(one.headers.get('Cache-Control')).toBe('private, no-cache')
  })

  it('never sends a 304 to a reader with other events', async () => {
    const channel = open()
    channel.publish('note', 1)
    channel.publish('note', 2)
    const one = await pagesFrom(channel, { filter: ({ data }) => data === 1 })('offset=-1')
    const headers = { 'If-None-Match': one.headers.get('ETag')! }
    const other = await pagesFrom(channel, { filter: ({ data }) => data === 2 })('offset=-1', { headers })
    expect([other.status, payloads(other)]).toEqual([200, [2]])
  })

  it("has the channel's headers, and shows its own to pages of other origins", async () => {
    const headers = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'X-Mine' }
    const page = await pagesFrom(open({ stream: { headers } }))('offset=now')
    expect(page.headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(page.headers.get('Access-Control-Expose-Headers')).toMatch(/^X-Mine, .*Stream-Next-Offset/)
    expect(page.headers.get('X-Content-Type-Options')).toBe('nosniff')
  })

  it('leaves every other request a stream', async () => {
    const response = await open().response(new Request('http://127.0.0.1/events?page=2'))
    expect(response.headers.get('Content-Type')).toMatch('text/event-stream')
    await response.body!.cancel()
  })
})

describe('a poll', () => {
  it('waits for the first event', async () => {
    const { channel, polling } = await openPolled()
    channel.publish('note', 1)
    channel.publish('note', 2)
    const page = await polling
    expect([page.status, payloads(page)]).toEqual([200, [1, 2]])
    expect(page.headers.get('Stream-Cursor')).toMatch(/^\d+$/)
    expect(channel.size).toBe(0)
  })

  it('gives all clients that wait the same page', async () => {
    const channel = open()
    const get = pagesFrom(channel)
    const { next } = await get('offset=now')
    const polling = Array.from({ length: 5 }, () => get(`offset=${next}&live=long-poll`))
    await expect.poll(() => channel.size).toBe(5)
    channel.publish('note', 1)
    channel.publish('note', 2)
    const found = await Promise.all(polling)
    expect(new Set(found.map(({ text, headers }) => text + headers.get('ETag'))).size).toBe(1)
  })

  it('ends after `wait` with 204, past events that it does not receive', async () => {
    const channel = open({}, { wait: 30 })
    const get = pagesFrom(channel, { filter: ({ type }) => type === 'note' })
    const { next } = await get('offset=now')
    const polling = get(`offset=${next}&live=long-poll`)
    channel.publish('other', 'not for this one')
    const page = await polling
    expect([page.status, page.text, page.headers.get('Stream-Up-To-Date')]).toEqual([204, '', 'true'])
    expect(page.headers.get('Cache-Control')).toBe('no-store')
    expect(page.next > next).toBe(true)
  })

  it('is over when the client disconnects', async () => {
    const channel = open()
    const controller = new AbortController()
    const polling = pagesFrom(channel)('offset=now&live=long-poll', { signal: controller.signal })
    await expect.poll(() => channel.size).toBe(1)
    controller.abort()
    expect((await polling).status).toBe(204)
    expect(channel.size).toBe(0)
  })

  it('moves on from the Stream-Cursor of the client', async () => {
    const get = pagesFrom(open({}, { wait: 1 }))
    const first = Number((await get('offset=now&live=long-poll')).headers.get('Stream-Cursor'))
    const second = Number((await get(`offset=now&live=long-poll&cursor=${first}`)).headers.get('Stream-Cursor'))
    expect(second).toBeGreaterThan(first)
  })

  it('keeps its channel among createChannels(), however short `keep` is', async () => {
    const channels = createChannels<Events>(() => ({ poll: pages({ wait: 300 }) }), { keep: 20 })
    const polling = pagesFrom(channels.get('a'))('offset=now&live=long-poll')
    await polling
    expect(channels.has('a')).toBe(true)
    await channels.close()
  })

  it('that begins follows its client: a snapshot that never comes holds nothing', async () => {
    const channels = createChannels<Events>(() => ({ poll: pages() }), { keep: 20 })
    const controller = new AbortController()
    const snapshot = () => new Promise<void>(() => {})
    const channel = channels.get('a')
    const polling = pagesFrom(channel, { snapshot })('offset=begin', { signal: controller.signal })
    await expect.poll(() => channel.size).toBe(1)
    controller.abort()
    await polling
    expect(channel.size).toBe(0)
    await expect.poll(() => channels.has('a')).toBe(false)
  })

  it('sends clients to another process when the channel closes', async () => {
    const channel = open()
    const get = pagesFrom(channel)
    const polling = get('offset=now&live=long-poll')
    await expect.poll(() => channel.size).toBe(1)
    await channel.close()
    for (const page of [await polling, await get('offset=now'), await get('', { method: 'HEAD' })]) {
      expect([page.status, page.headers.get('Retry-After')]).toEqual([503, expect.stringMatching(/^[1-5]$/)])
    }
  })
})

describe('the end', () => {
  it('comes with the last events, and is reported at once to a client that asks behind it', async () => {
    const { channel, get, polling } = await openPolled()
    channel.publish('note', 1)
    void channel.close({ final: true })
    const page = await polling
    expect([payloads(page), page.headers.get('Stream-Closed')]).toEqual([[1], 'true'])
    const polled = await get(`offset=${page.next}&live=long-poll`)
    expect([polled.status, polled.headers.get('Stream-Closed')]).toEqual([204, 'true'])
    expect(polled.headers.get('Stream-Cursor')).toBeNull()
    const read = await get(`offset=${page.next}`)
    expect([read.status, read.text, read.headers.get('Stream-Closed')]).toEqual([200, '[]', 'true'])
    expect((await get('', { method: 'HEAD' })).headers.get('Stream-Closed')).toBe('true')
  })

  it('changes the entity tag', async () => {
    const channel = open()
    const get = pagesFrom(channel)
    await channel.publish('note', 1)
    const before = await get('offset=-1')
    await channel.close({ final: true })
    const after = await get('offset=-1', { headers: { 'If-None-Match': before.headers.get('ETag')! } })
    expect([after.status, after.headers.get('Stream-Closed')]).toEqual([200, 'true'])
  })

  it('of a log that had ended before this process began is found', async () => {
    const log = memoryLog()
    const first = open({ log })
    await first.publish('note', 1)
    await first.close({ final: true })
    const get = pagesFrom(open({ log }))
    const { next } = await get('offset=now')
    expect((await get(`offset=${next}&live=long-poll`)).headers.get('Stream-Closed')).toBe('true')
  })
})

describe('HEAD', () => {
  it('has the offset of the head and no body', async () => {
    const channel = open()
    await channel.publish('note', 1)
    const get = pagesFrom(channel)
    const { headers, text, status } = await get('', { method: 'HEAD' })
    expect([status, text, headers.get('Content-Type')]).toEqual([200, '', 'application/json'])
    expect(headers.get('Stream-Next-Offset')).toBe((await get('offset=now')).next)
    expect(headers.get('Cache-Control')).toBe('no-store')
  })
})

describe('an offset that cannot be resumed', () => {
  it.each(['7', 'k3x9q1.2a', 'a,b', 'a b', 'begi', '~', 'x'.repeat(5_000)])('%.10s is a 400', async (offset) => {
    const channel = open()
    await channel.publish('note', 1)
    const page = await pagesFrom(channel)(`offset=${encodeURIComponent(offset)}`)
    expect(page.status).toBe(400)
    expect(page.messages.map(({ type, data }) => [type, JSON.parse(data).reason])).toEqual([['sse:gap', 'malformed']])
    expect(page.messages[0]!.id).not.toBe('')
  })

  it.each(['offset=', 'offset=-1&offset=-1', 'live=long-poll', 'offset=-1&live=sse'])('%s is a 400', async (query) => {
    expect((await pagesFrom(open())(query)).status).toBe(400)
  })

  it('of another life of the log, or trimmed, is a 410 that says where it goes on', async () => {
    const channel = open({ log: memoryLog({ maxEvents: 2 }) })
    const get = pagesFrom(channel)
    const { next: start } = await get('offset=now')
    for (let n = 0; n < 5; n++) channel.publish('note', n)
    const trimmed = await get(`offset=${start}&live=long-poll`)
    expect([trimmed.status, JSON.parse(trimmed.messages[0]!.data).reason]).toEqual([410, 'trimmed'])
    expect(payloads(await get(`offset=${trimmed.next}`))).toEqual([3, 4])
    const foreign = await get(`offset=foreign.${'0'.repeat(11)}`)
    expect([foreign.status, JSON.parse(foreign.messages[0]!.data).reason]).toEqual([410, 'epoch'])
    expect(payloads(await get(`offset=${foreign.next}`))).toEqual([])
  })

  it('-1 of a trimmed log is what the log still has', async () => {
    const channel = open({ log: memoryLog({ maxEvents: 2 }) })
    for (let n = 0; n < 5; n++) channel.publish('note', n)
    expect(payloads(await pagesFrom(channel)('offset=-1'))).toEqual([3, 4])
  })
})

describe('a client without a cursor begins as a stream does', () => {
  it.each([
    ['now', []],
    ['start', [1, 2]],
  ] as const)('from %s', async (from, expected) => {
    const channel = open()
    channel.publish('note', 1)
    await channel.publish('note', 2)
    const get = pagesFrom(channel, { from })
    const begun = await get('offset=begin&live=long-poll')
    expect([begun.status, begun.messages, begun.headers.get('Cache-Control')]).toEqual([200, [], 'no-store'])
    expect(payloads(await get(`offset=${begun.next}`))).toEqual(expected)
  })

  it('with a snapshot, and again after a gap', async () => {
    const channel = open({ log: memoryLog({ maxEvents: 1 }) })
    const get = pagesFrom(channel, { snapshot: (stream) => stream.send('other', `size ${channel.size}`) })
    await channel.publish('note', 1)
    const begun = await get('offset=begin&live=long-poll')
    expect(begun.messages.map(({ type }) => type)).toEqual(['other'])
    for (let n = 2; n < 5; n++) channel.publish('note', n)
    const gap = await get(`offset=${begun.next}&live=long-poll`)
    expect([gap.status, gap.messages.map(({ type }) => type)]).toEqual([410, ['sse:gap', 'other']])
    expect(payloads(await get(`offset=${gap.next}`))).toEqual([])
  })

  it('with the newest event of each key', async () => {
    const channel = open()
    channel.publish('note', 1, { key: 'a' })
    channel.publish('note', 2, { key: 'a' })
    const last = await channel.publish('note', 3, { key: 'b' })
    const get = pagesFrom(channel, { from: 'latest' })
    const begun = await get('offset=begin&live=long-poll')
    expect(payloads(begun)).toEqual([2, 3])
    expect(begun.messages.at(-1)!.id).toBe(last)
    channel.publish('note', 4, { key: 'a' })
    expect(payloads(await get(`offset=${begun.next}`))).toEqual([4])
  })

  it('calls `onGap` with a stream whose events come after the gap', async () => {
    const channel = open({
      stream: {
        async onGap(stream: { send(type: string, data: string): boolean; comment(text: string): boolean }) {
          stream.comment('a comment of the user')
          await Promise.resolve()
          stream.send('other', 'you missed some')
        },
      },
    })
    const page = await pagesFrom(channel)('offset=7')
    expect(page.messages.map(({ type }) => type)).toEqual(['sse:gap', 'other'])
  })
})

describe('authorisation', () => {
  it('topics and filters apply, and topics that a reader did not ask for are not named', async () => {
    const channel = open()
    channel.publish('note', 1)
    channel.publish('note', 2, { topics: ['rooms/7', 'secret'] })
    channel.publish('note', 3, { topics: ['secret'] })
    channel.publish('note', 4, { topics: ['rooms/8'] })
    const page = await pagesFrom(channel, { topics: ['rooms/*'], filter: ({ data }) => data !== 4 })('offset=-1')
    expect(page.messages.map(({ data, topics }) => [data, topics])).toEqual([['2', ['rooms/7']]])
    expect(page.text).not.toContain('secret')
    const one = await pagesFrom(channel, { topics: ['rooms/7'] })('offset=-1')
    expect(one.messages.map(({ data, topics }) => [data, topics])).toEqual([['2', undefined]])
    expect(payloads(await pagesFrom(channel)('offset=-1'))).toEqual([1])
  })
})

describe('a failure', () => {
  const bug = () => {
    throw new Error('the secret')
  }

  it.each([
    ['a filter', 'offset=-1', { filter: bug }],
    ['a snapshot', 'offset=begin', { snapshot: bug }],
    ['a filter of the newest values', 'offset=begin', { from: 'latest', filter: bug }],
  ] as const)(
    'of %s is a 500 without details for the client, and the channel reports it',
    async (_, query, options) => {
      const channel = open()
      await channel.publish('note', 1, { key: 'a' })
      const get = pagesFrom(channel, options)
      // Without a listener it is not uncaught, which would fail the run: any client can ask for this page.
      expect((await get(query)).status).toBe(500)
      const errors: unknown[] = []
      channel.onError((error) => errors.push(error))
      const page = await get(query)
      expect([page.status, page.text]).toEqual([500, expect.not.stringContaining('secret')])
      expect(errors).toEqual([expect.objectContaining({ code: 'callback-failed', cause: new Error('the secret') })])
      expect(channel.size).toBe(0)
    },
  )

  it('to decode an event for a filter is one, too', async () => {
    const log = memoryLog()
    log.append([{ type: 'note', data: '{not json' }])
    const channel = open({ log })
    const codes: string[] = []
    channel.onError(({ code }) => codes.push(code))
    expect((await pagesFrom(channel, { filter: () => true })('offset=-1')).status).toBe(500)
    expect(codes).toEqual(['payload-not-decodable'])
  })

  it('to open a stream, as its signal has aborted, is a 503', async () => {
    const channel = open({ stream: { signal: AbortSignal.abort() } })
    expect((await pagesFrom(channel)('offset=begin')).status).toBe(503)
  })

  it('of the log is a 503, and reported', async () => {
    const log = memoryLog()
    const broken = { ...methodsOf(log), read: () => Promise.reject(new Error('the disk')) }
    const channel = open({ log: broken })
    const codes: string[] = []
    channel.onError(({ code }) => codes.push(code))
    expect((await pagesFrom(channel)('offset=-1')).status).toBe(503)
    expect(codes).toContain('log-failed')
  })
})

it.each([
  { wait: 0 },
  { wait: 60_000 },
  { wait: Number.NaN },
  { maxEvents: 0 },
  { maxBytes: -1 },
  { cacheControl: 5 as never },
])('pages(%o) throws', (options) => {
  expect(() => pages(options)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
})

function methodsOf(log: ReturnType<typeof memoryLog>): ReturnType<typeof memoryLog> {
  return {
    append: (...given) => log.append(...given),
    read: (...given) => log.read(...given),
    follow: (...given) => log.follow(...given),
    close: () => log.close(),
  }
}
