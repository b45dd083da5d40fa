/** Streams by chance, from a seed: mostly well formed, with every oddity of the wire thrown in. */

/** A small generator of good enough numbers in [0, 1): the same seed, the same numbers. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const fields = [
  'data',
  'data',
  'data',
  'data',
  'event',
  'id',
  'id',
  'retry',
  '',
  'Data',
  'dat',
  'datas',
  'events',
  'ids',
  ' data',
  'x',
]
const separators = [': ', ': ', ': ', ':', ':', ':  ', '::', ': :', '']
const values = [
  '',
  '1',
  '42',
  'a',
  'ping',
  '{"time":"12:00"}',
  'é',
  '日本語',
  '🎉',
  '\0',
  'a\0b',
  '\uFEFF',
  '\u2028',
  '\u0085',
  ' ',
  '\t',
  '00',
  '1e3',
  '9'.repeat(15),
  'x'.repeat(40),
  'y'.repeat(300),
  '٣',
  'ï»¿',
]
const lineEnds = ['\n', '\r', '\r\n']
const noise = [
  [0xff],
  [0xc3],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x8e],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb],
  [0xef, 0xbb, 0xbf],
  [0xe0, 0x80],
  [0x00],
  [0x0d],
  [0x0a],
  [0x3a],
  [0x20],
]

export function randomWire(random: () => number): Uint8Array {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!
  const encoder = new TextEncoder()
  const bytes: number[] = []
  const mixed = random() < 0.3
  const usual = pick(lineEnds)
  if (random() < 0.1) bytes.push(...pick(noise))
  const lines = 1 + Math.floor(random() * 14)
  for (let line = 0; line < lines; line++) {
    const end = mixed ? pick(lineEnds) : usual
    const text =
      random() < 0.35 ? '' : pick(fields) + pick(separators) + pick(values) + (random() < 0.2 ? pick(values) : '')
    bytes.push(...encoder.encode(text))
    if (random() < 0.04) bytes.push(...pick(noise))
    bytes.push(...encoder.encode(end))
    if (random() < 0.2) bytes.push(...encoder.encode(end))
  }
  return Uint8Array.from(bytes)
}

/** Cuts by chance: whole, tiny pieces, or pieces of any length. */
export function randomChunks(bytes: Uint8Array, random: () => number): Uint8Array[] {
  const longest = [1, 3, 20, 64, bytes.length][Math.floor(random() * 5)]!
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + Math.floor(random() * longest)
    chunks.push(bytes.slice(at, end))
    at = end
  }
  return chunks
}
