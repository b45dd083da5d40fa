// Responses share blocks only while each has received all that the blocks refer to; their checksums are right without being computed.
import { crc32, gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { followedBy } from '../../../src/server/gzip/checksum.ts'
import { Gzip } from '../../../src/server/gzip/gzip.ts'
import { GzipEncoder } from '../../../src/server/gzip/gzip-encoder.ts'
import { History } from '../../../src/server/gzip/history.ts'
import { SharedStream } from '../../../src/server/gzip/shared-stream.ts'
import { findZlib } from '../../../src/server/gzip/zlib.ts'

const textOf = (n: number, size = 200) => Buffer.from(`${n} ${'some words that come again '.repeat(99)}`.slice(0, size))

function scene(count: number) {
  const gzip = new Gzip(findZlib())
  const responses = Array.from({ length: count }, () => ({
    encoder: new GzipEncoder(gzip),
    plain: [] as Uint8Array[],
    encoded: [] as Uint8Array[],
  }))
  const write = (index: number, bytes: Uint8Array) => {
    const response = responses[index]!
    response.plain.push(bytes)
    response.encoded.push(response.encoder.encode(bytes))
    return response.encoded.at(-1)!
  }
  const check = () => {
    for (const { encoder, plain, encoded } of responses) {
      expect(gunzipSync(Buffer.concat([...encoded, encoder.end()]))).toEqual(Buffer.concat(plain))
    }
  }
  return { streams: [new SharedStream(gzip), new SharedStream(gzip)], write, check }
}

it('a response that lacks one write of a stream waits for the others again', () => {
  const { streams, write, check } = scene(2)
  const [stream] = streams
  for (let n = 0; n < 100; n++) {
    const bytes = stream!.begin(textOf(n))
    const one = write(0, bytes)
    if (n !== 70) {
      const other = write(1, bytes)
      if (n > 0 && n < 70) expect(other).toBe(one)
      if (n > 70) expect(other.length).toBeGreaterThan(200)
    }
    stream!.done()
  }
  check()
})

it('two streams within each other, and two with the same bytes, are distinguished', () => {
  const { streams, write, check } = scene(3)
  const [outer, inner] = streams
  for (let n = 0; n < 50; n++) {
    const bytes = textOf(n)
    outer!.begin(bytes)
    const first = write(0, bytes)
    inner!.begin(bytes)
    write(2, bytes)
    inner!.done()
    const one = write(1, bytes)
    outer!.done()
    if (n > 0) expect(one).toBe(first)
  }
  check()
})

it('a stream that only some responses take compressed is right for those', () => {
  const { streams, write, check } = scene(2)
  const [stream] = streams
  for (let n = 0; n < 200; n++) {
    const bytes = stream!.begin(textOf(n))
    if (n % 50 < 20) write(0, bytes)
    if (n % 70 > 30) write(1, bytes)
    stream!.done()
  }
  check()
})

it('large writes are stored in several blocks, and shared', () => {
  const { streams, write, check } = scene(2)
  const [stream] = streams
  for (let n = 0; n < 6; n++) {
    const noise = crypto.getRandomValues(new Uint8Array(65_536))
    const bytes = stream!.begin(Buffer.concat([textOf(n), noise, noise]))
    write(0, bytes)
    if (n > 2) write(1, bytes)
    stream!.done()
  }
  check()
})

it('the checksum of two texts follows from those of each', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.uint8Array({ maxLength: 3_000 }), (one, other) => {
      const both = (followedBy(crc32(one), other.length) ^ crc32(other)) >>> 0
      expect(both).toBe(crc32(Buffer.concat([one, other])))
    }),
  )
})

it('a history is the end of what was added', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12_000 }), { maxLength: 20 }), fc.nat(20), (parts, clearAt) => {
      const history = new History()
      let all = Buffer.alloc(0)
      for (const [index, part] of parts.entries()) {
        if (index === clearAt) {
          history.clear()
          all = Buffer.alloc(0)
        }
        history.add(part)
        all = Buffer.concat([all, part])
        expect(Buffer.from(history.bytes)).toEqual(all.subarray(Math.max(0, all.length - 8_192)))
        expect(history.length).toBe(Math.min(all.length, 8_192))
      }
    }),
    { numRuns: 50 },
  )
})
