import { createParser, type ParserOptions } from '../../src/shared/wire/parse.ts'
import type { Reading } from './reference-parser.ts'

export function bytesOf(wire: string | Uint8Array): Uint8Array {
  return typeof wire === 'string' ? new TextEncoder().encode(wire) : wire
}

/** Reads these chunks with our parser. */
export function read(chunks: Iterable<Uint8Array>, options: Omit<ParserOptions, 'onMessage'> = {}): Reading {
  const messages: Reading['messages'] = []
  const comments: string[] = []
  const retries: number[] = []
  const parser = createParser({
    onMessage: (message) => messages.push(message),
    onComment: (text) => comments.push(text),
    onRetry: (delay) => retries.push(delay),
    ...options,
  })
  for (const chunk of chunks) parser.feed(chunk)
  parser.end()
  return { messages, comments, retries, lastEventId: parser.lastEventId }
}

/** Whole, byte by byte, byte by byte with empty chunks between, and cut in two at every place. */
export function* everyChunking(bytes: Uint8Array): Generator<[name: string, chunks: Uint8Array[]]> {
  yield ['whole', [bytes]]
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
  yield ['byte by byte', single]
  yield ['byte by byte with empty chunks', single.flatMap((chunk) => [new Uint8Array(), chunk])]
  for (let cut = 1; cut < bytes.length; cut++) yield [`cut at ${cut}`, [bytes.slice(0, cut), bytes.slice(cut)]]
}

/** Cuts at the given places, whatever their order. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, index) => bytes.slice(sorted[index], end))
}
