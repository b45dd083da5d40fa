/**
 * How many events a second does the encoder write, from a payload to the bytes of its frame?
 *
 *     npm run bench -- encoder
 *
 * Ours runs from `src`: once the way `send` takes, once as `encodeEvent` with JSON made by the caller. The measure is what
 * anyone would write by hand, with no check at all.
 */
import { toBytes } from '../src/shared/bytes.ts'
import { findTypeOf } from '../src/shared/define-events.ts'
import { encodeEvent, eventFrame } from '../src/shared/encode.ts'
import { encodePayload, typeToSend } from '../src/shared/payload.ts'
import type { Contest } from './harness.ts'

const payloads: { readonly [size: string]: (n: number) => object } = {
  '60 B': (n) => ({ choices: [{ delta: { content: ` token${n}` } }] }),
  '100 B': (n) => ({
    type: 'content_block_delta',
    index: n,
    delta: { type: 'text_delta', text: ' some words of an answer' },
  }),
  '1 KiB ASCII': (n) => ({ n, text: 'lorem ipsum dolor sit amet '.repeat(37), tags: ['a', 'b'] }),
  '1 KiB UTF-8': (n) => ({ n, text: '日本語の長い文章と絵文字🎉'.repeat(23), tags: ['a', 'b'] }),
  '64 KiB': (n) => ({ n, text: 'lorem ipsum dolor sit amet '.repeat(2426) }),
}

const find = findTypeOf(undefined)
const encoder = new TextEncoder()

const contestants: { readonly [name: string]: (type: string, payload: object) => Uint8Array } = {
  'eventwire send': (type, payload) => {
    const wireType = typeToSend(find, type)
    return toBytes(eventFrame(type, encodePayload(wireType, type, payload), wireType.oneLine))
  },
  'eventwire encodeEvent': (type, payload) => encodeEvent({ type, data: JSON.stringify(payload) }),
  'template + Buffer.from': (type, payload) => Buffer.from(`event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`),
  'template + TextEncoder': (type, payload) => encoder.encode(`event: ${type}\ndata: ${JSON.stringify(payload)}\n\n`),
}

const DIFFERENT = 64
const EVENTS: { readonly [size: string]: number } = { '64 KiB': 128 }

async function prepare(name: string, size: string): Promise<() => number> {
  const encode = contestants[name]!
  const different = Array.from({ length: DIFFERENT }, (_, n) => payloads[size]!(n))
  const expected = `event: ping\ndata: ${JSON.stringify(different[1])}\n\n`
  const written = new TextDecoder().decode(encode('ping', different[1]!))
  if (written !== expected) throw new Error(`${name} wrote ${written}`)
  const events = EVENTS[size] ?? 2048
  return () => {
    let bytes = 0
    for (let n = 0; n < events; n++) bytes += encode('ping', different[n % DIFFERENT]!).length
    return bytes > 0 ? events : 0
  }
}

export const contest: Contest = {
  question: 'How many payloads does an encoder turn into the bytes of an event?',
  unit: 'events a second',
  contestants: Object.keys(contestants),
  baseline: 'template + Buffer.from',
  groups: Object.fromEntries(Object.keys(payloads).map((size) => [size, ['json']])),
  expected: (size) => EVENTS[size] ?? 2048,
  prepare,
}
