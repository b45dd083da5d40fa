// Clients decode exactly the bytes that were written, at every moment, whenever they join and whatever bytes of their own they receive.
import { constants, gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GzipEncoder } from '../../../src/server/gzip/gzip-encoder.ts'
import { gzip } from '../../../src/server/gzip/index.ts'
import { createChannel, createStream, memoryLog, type ReaderOptions } from '../../../src/server/index.ts'

interface Events {
  price: { symbol: string; amount: number; text: string }
}

/** The input of each encoder. */
const plainOf = new Map<GzipEncoder, Buffer[]>()
let newest: GzipEncoder | undefined
const { encode } = GzipEncoder.prototype
GzipEncoder.prototype.encode = function (this: GzipEncoder, bytes: Uint8Array) {
  if (!plainOf.has(this)) plainOf.set(this, [])
  plainOf.get(this)!.push(Buffer.from(bytes))
  newest = this
  return encode.call(this, bytes)
}

beforeEach(() => {
  plainOf.clear()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => void vi.useRealTimers())

function requestFor(accepted: string | undefined, cursor = ''): Request {
  const headers = new Headers(cursor === '' ? {} : { 'Last-Event-ID': cursor })
  if (accepted !== undefined) headers.set('Accept-Encoding', accepted)
  return new Request('http://127.0.0.1/events', { headers })
}

/** A client that decodes as much as it can after each chunk. */
class Decoder {
  readonly encoder: GzipEncoder
  ended = false
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #chunks: Uint8Array[] = []

  constructor(response: Response) {
    this.encoder = newest!
    this.#reader = response.body!.getReader()
    void this.#read()
  }

  get encoded(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return gunzipSync(this.encoded, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
  }

  get plain(): string {
    return Buffer.concat(plainOf.get(this.encoder)!).toString()
  }

  disconnect(): Promise<void> {
    return this.#reader.cancel()
  }

  async #read(): Promise<void> {
    for (let chunk = await this.#reader.read(); !chunk.done; chunk = await this.#reader.read()) {
      this.#chunks.push(chunk.value)
    }
    this.ended = true
  }
}

const tick = () => new Promise((resolve) => setImmediate(resolve))

describe('a channel', () => {
  const client = fc.nat(3)
  const settings = fc.record({
    topics: fc.constantFrom(undefined, ['a'], ['**'], ['a', 'b']),
    from: fc.constantFrom('now' as const, 'start' as const, 'latest' as const),
    every: fc.constantFrom(undefined, undefined, 100),
    isFiltered: fc.constantFrom(false, false, false, true),
  })
  const publication = fc.record({
    op: fc.constant('publish' as const),
    count: fc.integer({ min: 1, max: 8 }),
    topics: fc.constantFrom(undefined, ['a'], ['b'], ['a', 'b']),
    size: fc.constantFrom(0, 20, 20, 300, 3_000, 90_000),
    isKeyed: fc.boolean(),
  })
  const step = fc.oneof(
    { weight: 8, arbitrary: publication },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('join' as const), client, settings }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('disconnect' as const), client }) },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant('send' as const), client, size: fc.constantFrom(1, 500, 5_000) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.constantFrom(0, 100, 4_100, 5_100, 20_000) }),
    },
  )

  it('is decoded byte for byte, and never late, whoever joins at any moment', async () => {
    let shared = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.boolean(), async (steps, final) => {
        const channel = createChannel<Events>({ compress: gzip(), log: memoryLog({ maxEvents: 50 }) })
        const decoders: (Decoder | undefined)[] = []
        const all: Decoder[] = []
        let n = 0
        const payload = (size: number) => ({ symbol: `S${n % 7}`, amount: n++, text: `${n} pad `.repeat(size / 6) })
        const check = () => {
          for (const decoder of decoders) if (decoder !== undefined) expect(decoder.text).toBe(decoder.plain)
        }
        for (const step of steps) {
          if (step.op === 'publish') {
            for (let index = 0; index < step.count; index++) {
              const data = payload(step.size)
              const key = step.isKeyed ? data.symbol : undefined
              channel.publish('price', data, { topics: step.topics, key })
            }
          } else if (step.op === 'join') {
            await decoders[step.client]?.disconnect()
            const { isFiltered, ...options } = step.settings
            const reader: ReaderOptions<Events> = isFiltered
              ? { ...options, filter: ({ data }) => data.amount % 2 === 0 }
              : options
            const decoder = new Decoder(channel.response(requestFor('gzip'), reader))
            decoders[step.client] = decoder
            all.push(decoder)
          } else if (step.op === 'disconnect') {
            await decoders[step.client]?.disconnect()
            decoders[step.client] = undefined
          } else if (step.op === 'send') {
            const stream = [...channel][step.client]
            stream?.send('price', payload(step.size))
          } else await vi.advanceTimersByTimeAsync(step.ms)
          await tick()
          check()
        }
        const closed = channel.close({ final })
        for (let round = 0; round < 200 && decoders.some((decoder) => decoder?.ended === false); round++) {
          await vi.advanceTimersByTimeAsync(100)
          await tick()
        }
        for (const decoder of decoders) {
          if (decoder === undefined) continue
          expect(decoder.ended).toBe(true)
          // Without a flag the decoder insists on the end, the checksum and the length.
          expect(gunzipSync(decoder.encoded).toString()).toBe(decoder.plain)
          if (decoder.encoded.length < decoder.plain.length / 2) shared++
        }
        await channel.close()
        await closed
      }),
      { numRuns: 200 },
    )
    expect(shared).toBeGreaterThan(0)
  }, 120_000)
})

describe('a group of readers', () => {
  const channelOf = (heartbeat: number | false = false) =>
    createChannel<Events>({ compress: gzip(), stream: { heartbeat } })
  const event = (n: number) => ({ symbol: 'ACME', amount: n, text: `this is event number ${n} of many` })

  it('is sent the same bytes by all of its streams', async () => {
    const channel = channelOf()
    const readers = [1, 2, 3].map(() => channel.response(requestFor('gzip, br')).body!.getReader())
    for (const reader of readers) for (let chunk = 0; chunk < 2; chunk++) await reader.read()
    for (let n = 0; n < 5; n++) {
      channel.publish('price', event(n))
      const chunks = await Promise.all(readers.map(async (reader) => (await reader.read()).value))
      expect(new Set(chunks).size).toBe(1)
    }
    for (const reader of readers) await reader.cancel()
  })

  it('takes a joiner in after 8 KiB, and again after bytes of its own', async () => {
    const channel = channelOf()
    const first = new Decoder(channel.response(requestFor('gzip')))
    const publish = async (count: number) => {
      for (let n = 0; n < count; n++) {
        channel.publish('price', event(n))
        await tick()
      }
    }
    await publish(200)
    const joiner = new Decoder(channel.response(requestFor('gzip')))
    const sizeOf = async (count: number) => {
      const before = [first, joiner].map(({ encoded }) => encoded.length)
      await publish(count)
      return [first.encoded.length - before[0]!, joiner.encoded.length - before[1]!] as const
    }
    await tick()
    const [shared, stored] = await sizeOf(60)
    expect(stored).toBeGreaterThan(shared * 2)
    await publish(60)
    const [one, other] = await sizeOf(60)
    expect(other).toBe(one)
    ;[...channel][1]!.send('price', event(0))
    await tick()
    const [, own] = await sizeOf(60)
    expect(own).toBeGreaterThan(shared * 2)
    await publish(60)
    const [again, back] = await sizeOf(60)
    expect(back).toBe(again)
    expect(joiner.text).toBe(joiner.plain)
    for (const decoder of [first, joiner]) await decoder.disconnect()
  })

  it('shares the first bytes after heartbeats', async () => {
    const channel = channelOf(15_000)
    const decoders = [1, 2].map(() => new Decoder(channel.response(requestFor('gzip'))))
    for (let n = 0; n < 100; n++) {
      channel.publish('price', event(n))
      await tick()
    }
    await vi.advanceTimersByTimeAsync(40_000)
    await tick()
    expect(decoders[0]!.text).toMatch(/\n:\n/)
    const before = decoders.map(({ encoded }) => encoded.length)
    for (let n = 0; n < 10; n++) channel.publish('price', event(n))
    await tick()
    for (const [index, decoder] of decoders.entries()) {
      expect(decoder.encoded.length - before[index]!).toBeLessThan(400)
      expect(decoder.text).toBe(decoder.plain)
      await decoder.disconnect()
    }
  })

  it('with clients that do not accept gzip and clients that do serves both', async () => {
    const channel = channelOf()
    const plain = channel.response(requestFor('br'))
    const compressed = channel.response(requestFor('br, gzip'))
    expect(plain.headers.get('Content-Encoding')).toBe(null)
    for (const { headers } of [plain, compressed]) expect(headers.get('Vary')).toBe('Accept-Encoding')
    channel.publish('price', event(1))
    const closed = channel.close({ final: true })
    const text = await plain.text()
    expect(text).toContain('"amount":1')
    expect(gunzipSync(await compressed.arrayBuffer()).toString()).toBe(text)
    await closed
  })
})

describe('a stream of its own', () => {
  it('is compressed with what it was sent before', async () => {
    const stream = createStream<{ token: string }>(requestFor('gzip'), { compress: gzip(), heartbeat: false })
    const decoder = new Decoder(stream.response)
    for (let n = 0; n < 100; n++) {
      stream.send('token', `this is token number ${n} of a long answer, with some words in it`)
      await tick()
      expect(decoder.text).toBe(decoder.plain)
    }
    stream.close({ final: true })
    await tick()
    expect(gunzipSync(decoder.encoded).toString()).toBe(decoder.plain)
    expect(decoder.encoded.length).toBeLessThan(decoder.plain.length * 0.4)
    const { bytes } = await stream.closed
    expect(bytes).toBe(decoder.encoded.length)
  })

  it('ends without a trailer when it is terminated', async () => {
    const stream = createStream<{ token: string }>(requestFor('gzip'), {
      compress: gzip(),
      maxBuffer: 10,
      heartbeat: false,
    })
    const response = stream.response
    const overflow = stream.closed
    while (stream.send('token', 'x'.repeat(100)) || !stream.signal.aborted);
    expect((await overflow).reason).toBe('overflow')
    await expect(response.text()).rejects.toThrow('overflow')
  })

  it('keeps the header Vary of the user', () => {
    using stream = createStream(requestFor('gzip'), { compress: gzip(), headers: { Vary: 'Origin' } })
    expect(stream.response.headers.get('Vary')).toBe('Origin, Accept-Encoding')
  })

  it('that is final at once has no body and no encoding', () => {
    const request = requestFor('gzip', 'sse:end')
    const { response } = createStream(request, { compress: gzip() })
    expect([response.status, response.headers.get('Content-Encoding')]).toEqual([204, null])
  })
})

describe('Accept-Encoding', () => {
  it.each([
    ['gzip', true],
    ['x-gzip', true],
    ['GZIP', true],
    ['gzip, deflate, br, zstd', true],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
    ['*', true],
    ['deflate , gzip ; q = 0.5', true],
    ['gzip;q=0.001', true],
    ['gzip, identity', true],
    ['gzip;q=0', false],
    ['*, gzip;q=0.0', false],
    ['*;q=0', false],
    ['identity', false],
    ['identity;q=1, gzip;q=0.5', false],
    ['', false],
    ['br', false],
    ['gzip;q=abc', false],
    ['gzip;q=', false],
    ['gzip;q=2', false],
    ['gzip;q=-1', false],
    ['gzip;q=0.5;q=1', false],
    ['gzip;level=9', false],
    ['gzip gzip', false],
    ['gzip, ;q=1', false],
    ['gzip\u00e9', false],
    [`gzip, ${'x'.repeat(2_000)}`, false],
    [undefined, false],
  ])('%s', (accepted, isCompressed) => {
    using stream = createStream(requestFor(accepted), { compress: gzip() })
    expect(stream.response.headers.get('Content-Encoding')).toBe(isCompressed ? 'gzip' : null)
  })
})

describe('gzip()', () => {
  it('without node:zlib says so when it is called', async () => {
    const { getBuiltinModule } = process
    process.getBuiltinModule = (() => undefined) as never
    try {
      expect(() => gzip()).toThrow(
        expect.objectContaining({
          code: 'invalid-option',
          message: expect.stringMatching(/^gzip\(\) needs node:zlib/),
        }),
      )
    } finally {
      process.getBuiltinModule = getBuiltinModule
    }
  })

  it.each([true, {}, 'gzip', null])('is asked for where compress is %j', (compress) => {
    const options = { compress: compress as never }
    expect(() => createStream(undefined, options)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
    expect(() => createChannel(options)).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })
})
