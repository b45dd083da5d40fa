/** The corpora of the parser's benchmark, modelled on real streams, and the ways to cut them into chunks. */

export interface Corpus {
  readonly events: readonly string[]
  /** How many of them carry data. */
  readonly delivered: number
}

const SIZE = 512 * 1024

export const corpora: { readonly [name: string]: () => Corpus } = {
  tokens: () => repeat((n) => `data: {"choices":[{"delta":{"content":" token${n % 1000}"}}]}\n\n`),
  chat: () => repeat((n) => `data: ${chatChunk(n)}\n\n`),
  named: () =>
    repeat(
      (n) =>
        `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"text":" w${n % 1000}"}}\n\n`,
    ),
  pings: () => repeat((n) => `event: ping\nid: 1a2b3c.${n.toString(36)}\ndata: {"time":${n}}\n\n`),
  big64k: () =>
    repeat((n) => `data: {"n":${n},"text":"${'lorem ipsum dolor sit amet '.repeat(2427).slice(0, 65_500)}"}\n\n`),
  multi20: () => repeat((n) => `${`data: line ${n % 1000} of a text of many lines\n`.repeat(20)}\n`),
  crlf: () => repeat((n) => `data: {"choices":[{"delta":{"content":" token${n % 1000}"}}]}\r\n\r\n`),
  utf8: () => repeat((n) => `data: {"text":"日本語のトークン${n % 1000}と絵文字🎉"}\n\n`),
  heartbeats: () => repeat((n) => (n % 2 === 0 ? ':\n\n' : `data: {"n":${n % 1000}}\n\n`)),
}

function chatChunk(n: number): string {
  return JSON.stringify({
    id: 'chatcmpl-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'a-model-2026-01-01',
    system_fingerprint: 'fp_0123456789',
    choices: [{ index: 0, delta: { content: ` token${n % 1000}` }, logprobs: null, finish_reason: null }],
    usage: null,
  })
}

function repeat(event: (n: number) => string): Corpus {
  const events: string[] = []
  for (let size = 0, n = 0; size < SIZE; n++) {
    events.push(event(n))
    size += events[n]!.length
  }
  return { events, delivered: events.filter((text) => /^data/m.test(text)).length }
}

/** Less of a corpus, for the chunks that are so small that a pass would take too long. */
export function part(corpus: Corpus, size: number): Corpus {
  let length = 0
  const events = corpus.events.filter((text, index) => {
    length += text.length
    return index === 0 || length <= size
  })
  return { events, delivered: events.filter((text) => /^data/m.test(text)).length }
}

/** As chunks of so many bytes, each with its own memory, or one chunk an event. */
export function cut({ events }: Corpus, size: number | 'event'): Uint8Array[] {
  const encoder = new TextEncoder()
  if (size === 'event') return events.map((text) => encoder.encode(text))
  const bytes = encoder.encode(events.join(''))
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size))
}
