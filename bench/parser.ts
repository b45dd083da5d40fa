/**
 * How many events a second does a parser deliver, from `Uint8Array` chunks to messages, UTF-8 decoding included?
 *
 *     npm run bench -- parser
 *
 * Ours runs from `src`. A contestant reads each chunk as its own client does; the data of every event is touched, so that
 * no contestant gets away with a text that is not joined yet.
 */
import { createParser as createOther } from 'eventsource-parser'
import { createParser } from '../src/shared/wire/parse.ts'
import { type Corpus, corpora, cut, part } from './corpora.ts'
import type { Contest } from './harness.ts'

const sizes = { 1: 1, 17: 17, event: 'event', 1024: 1024, 65536: 65536 } as const
type Size = keyof typeof sizes
const cells = ['1', '17', 'event', '1024', '65536']

function corpusFor(group: string, cell: string): Corpus {
  const corpus = corpora[group]!()
  return cell === '1' || cell === '17' ? part(corpus, 64 * 1024) : corpus
}

/** Starts a parser that calls back with the data of each event, and returns what takes its chunks. */
type Contestant = (onData: (data: string) => void) => (chunk: Uint8Array) => void

const contestants: { readonly [name: string]: () => Promise<Contestant> } = {
  eventwire: async () => (onData) => {
    const parser = createParser({ onMessage: (message) => onData(message.data) })
    return (chunk) => parser.feed(chunk)
  },
  'eventsource-parser': async () => (onData) => {
    const parser = createOther({ onEvent: (event) => onData(event.data) })
    const decoder = new TextDecoder()
    return (chunk) => parser.feed(decoder.decode(chunk, { stream: true }))
  },
  'fetch-event-source': async () => {
    const { getLines, getMessages } = await import('@microsoft/fetch-event-source/lib/esm/parse.js')
    const ignore = () => {}
    return (onData) =>
      getLines(
        getMessages(ignore, ignore, (message) => {
          if (message.data !== '') onData(message.data)
        }),
      )
  },
  undici: async () => {
    const { createRequire } = await import('node:module')
    const { EventSourceStream } = createRequire(import.meta.url)('undici/lib/web/eventsource/eventsource-stream.js')
    const done = (error?: Error | null) => {
      if (error) throw error
    }
    return (onData) => {
      const stream = new EventSourceStream({
        push: (event: { options: { data: string } } | null) => {
          if (event !== null) onData(event.options.data)
          return true
        },
      })
      return (chunk) => stream._transform(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), '', done)
    }
  },
}

async function prepare(name: string, group: string, cell: string): Promise<() => number> {
  const corpus = corpusFor(group, cell)
  const chunks = cut(corpus, sizes[cell as unknown as Size])
  if (name === FLOOR) return () => decode(chunks, corpus.delivered)
  const start = await contestants[name]!()
  return () => parse(start, chunks)
}

function parse(start: Contestant, chunks: readonly Uint8Array[]): number {
  let events = 0
  const feed = start((data) => {
    if (data.charCodeAt(0) > 0) events++
  })
  for (let index = 0; index < chunks.length; index++) feed(chunks[index]!)
  return events
}

const FLOOR = 'floor: decoding alone'

function decode(chunks: readonly Uint8Array[], events: number): number {
  const decoder = new TextDecoder()
  let length = 0
  for (let index = 0; index < chunks.length; index++) length += decoder.decode(chunks[index]!, { stream: true }).length
  return length === 0 ? 0 : events
}

export const contest: Contest = {
  question: 'How many events does a parser deliver from chunks of so many bytes, UTF-8 decoding included?',
  unit: 'events a second',
  contestants: [...Object.keys(contestants), FLOOR],
  baseline: 'eventsource-parser',
  bound: FLOOR,
  cannot: {
    'eventsource and eventsource-client': 'they read with eventsource-parser',
    tRPC: 'its client reads with an EventSource',
  },
  nameOf: (cell) =>
    `chunks of ${cell === 'event' ? 'one event' : cell === '1' ? '1 byte' : `${Number(cell).toLocaleString('en')} bytes`}`,
  groups: Object.fromEntries(Object.keys(corpora).map((name) => [name, cells])),
  expected: (group, cell) => corpusFor(group, cell).delivered,
  prepare,
}
