/**
 * How many events a second does the encoder write, from a payload to the bytes of its frame?
 *
 *     npm run bench -- encoder
 *
 * Ours runs from `src`: once the way `send` takes, once as `encodeEvent` with JSON made by the caller. The measure is what
 * anyone would write by hand, with no check at all.
 */
import { createParser } from 'eventsource-parser'
import { contestants, type Encode } from './encoder/contestants.ts'
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

const DIFFERENT = 64
const EVENTS: { readonly [size: string]: number } = { '64 KiB': 128 }

async function prepare(name: string, size: string): Promise<() => number | Promise<number>> {
  let frames = 0
  let last: Uint8Array | undefined
  const encode = await contestants[name]!((bytes) => {
    frames++
    last = bytes
  })
  const different = Array.from({ length: DIFFERENT }, (_, n) => payloads[size]!(n))
  const answer = encode('ping', different[1]!)
  const waits = answer instanceof Promise
  await answer
  check(name, last!, different[1]!)
  const events = EVENTS[size] ?? 2048
  const payload = (n: number) => different[n % DIFFERENT]!
  const pass = waits ? () => awaited(encode, events, payload) : () => direct(encode, events, payload)
  return () => {
    frames = 0
    const passed = pass()
    return passed === undefined ? frames : passed.then(() => frames)
  }
}

function direct(encode: Encode, events: number, payload: (n: number) => object): undefined {
  for (let n = 0; n < events; n++) encode('ping', payload(n))
}

async function awaited(encode: Encode, events: number, payload: (n: number) => object): Promise<void> {
  for (let n = 0; n < events; n++) await encode('ping', payload(n))
}

/** Throws unless a parser reads the payload back from the bytes. */
function check(name: string, bytes: Uint8Array, payload: object): void {
  const read: string[] = []
  const parser = createParser({ onEvent: ({ event, data }) => read.push(`${event} ${data}`) })
  parser.feed(new TextDecoder().decode(bytes))
  if (read.join() !== `ping ${JSON.stringify(payload)}`)
    throw new Error(`${name} wrote ${new TextDecoder().decode(bytes)}`)
}

export const contest: Contest = {
  question: 'How many payloads does an encoder turn into the bytes of an event?',
  unit: 'events a second',
  contestants: Object.keys(contestants),
  baseline: 'floor: template + Buffer.from',
  cannot: { 'h3 and tRPC': 'they encode inside their streams' },
  groups: Object.fromEntries(Object.keys(payloads).map((size) => [size, ['json']])),
  expected: (size) => EVENTS[size] ?? 2048,
  prepare,
}
