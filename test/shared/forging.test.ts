/** No value, through whatever public way it gets on the wire, forges a line of it: fields x what ends or breaks a line. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChannel, createStream, type EventWriter, type StreamOptions } from '../../src/server/index.ts'
import { createStream as createNodeStream } from '../../src/server/node/index.ts'
import { type EventwireError, isEventwireError } from '../../src/shared/errors.ts'
import { defineEvents, eventsWithCodec } from '../../src/shared/events/define-events.ts'
import { controlFrame, encodeEvent } from '../../src/shared/wire/encode.ts'
import { type Reading, readByTheStandard } from './reference-parser.ts'

const breakers = { CR: '\r', LF: '\n', CRLF: '\r\n', NUL: '\0', 'U+2028': '\u2028', 'a lone surrogate': '\uD800' }
const endsLine = (text: string) => /[\r\n\0]/.test(text)
const onTheWire = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text)).replace(/\r\n|\r/g, '\n')

/** A value that would forge an event, an id and a retry if its line could be ended. */
const forgery = (breaker: string) =>
  `a${breaker}id: forged${breaker}retry: 1${breaker}event: forged${breaker}data: forged${breaker}${breaker}b`

type Writer = EventWriter<any>
type Message = Reading['messages'][number]

/** A way to put a value on the wire, and what must come of it. */
interface Way {
  readonly name: string
  readonly options?: (value: string) => StreamOptions<any>
  readonly write?: (stream: Writer, value: string) => unknown
  /** The code of the refusal of a value with this in it. */
  readonly refused: (breaker: string) => EventwireError['code'] | undefined
  /** The message that arrives when it is not refused. */
  readonly message?: (value: string) => Message
  readonly comment?: true
  /** A refusal ends the stream, because nobody is on the stack. */
  readonly endsStream?: true
}

const raw = eventsWithCodec<any>({ encode: String, decode: (text) => text })
const invalidLine = (breaker: string) => (endsLine(breaker) ? 'invalid-field' : undefined)
const never = () => undefined
const message = (fields: Partial<Message>): Message => ({ type: 'x', data: '1', id: '', ...fields })

const streamWays: readonly Way[] = [
  {
    name: 'send: name',
    write: (stream, value) => stream.send(value, 1),
    refused: invalidLine,
    message: (value) => message({ type: onTheWire(value) }),
  },
  {
    name: 'send: id',
    write: (stream, value) => stream.send('x', 1, { id: value }),
    refused: invalidLine,
    message: (value) => message({ id: onTheWire(value) }),
  },
  {
    name: 'send: retry',
    write: (stream, value) => stream.send('x', 1, { retry: value as never }),
    refused: () => 'invalid-field',
  },
  {
    name: 'send: JSON',
    write: (stream, value) => stream.send('x', value),
    refused: never,
    message: (value) => message({ data: JSON.stringify(value) }),
  },
  {
    name: 'send: text',
    options: () => ({ events: raw }),
    write: (stream, value) => stream.send('x', value),
    refused: never,
    message: (value) => message({ data: onTheWire(value) }),
  },
  {
    name: 'pipe: name',
    write: (stream, value) => stream.pipe([{ type: value, data: 1 }]),
    refused: invalidLine,
    message: (value) => message({ type: onTheWire(value) }),
    endsStream: true,
  },
  {
    name: 'pipe: id',
    write: (stream, value) => stream.pipe([{ type: 'x', data: 1, id: value }]),
    refused: invalidLine,
    message: (value) => message({ id: onTheWire(value) }),
    endsStream: true,
  },
  {
    name: 'pipe: text',
    options: () => ({ events: raw }),
    write: (stream, value) => stream.pipe([{ type: 'x', data: value }]),
    refused: never,
    message: (value) => message({ data: onTheWire(value) }),
    endsStream: true,
  },
  { name: 'comment', write: (stream, value) => stream.comment(value), refused: never, comment: true },
  { name: 'retry', write: (stream, value) => stream.retry(value as never), refused: () => 'invalid-field' },
  {
    name: 'close: retry',
    write: (stream, value) => stream.close({ retry: value as never }),
    refused: () => 'invalid-field',
  },
  { name: 'options: retry', options: (value) => ({ retry: value as never }), refused: () => 'invalid-option' },
  { name: 'options: a header', options: (value) => ({ headers: { 'X-A': value } }), refused: () => 'invalid-option' },
  {
    name: 'options: the name of a header',
    options: (value) => ({ headers: { [value]: 'a' } }),
    refused: () => 'invalid-option',
  },
]

/** Opens a stream, lets `use` write, and hands over what a client read up to the end. */
type Open = (options: StreamOptions<any>, use: (stream: Writer) => Promise<void>) => Promise<Reading>

const openFetch: Open = async (options, use) => {
  const stream = createStream<any>(undefined, options)
  await use(stream)
  return readByTheStandard(new Uint8Array(await stream.response.arrayBuffer()))
}

let answer: (req: IncomingMessage, res: ServerResponse) => void
const server = createServer((req, res) => answer(req, res))
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => server.close())

const openNode: Open = async (options, use) => {
  let failure: unknown
  answer = (req, res) => {
    try {
      use(createNodeStream<any>(req, res, options)).catch((error) => {
        failure = error
        res.destroy()
      })
    } catch (error) {
      failure = error
      res.end()
    }
  }
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (failure !== undefined) throw failure
  return readByTheStandard(bytes)
}

/** Writes before and after, so that what is forged would show between or in them. */
async function tryWay(open: Open, way: Way, value: string) {
  let refusal: unknown
  try {
    const { messages, comments, retries, lastEventId } = await open(
      { heartbeat: false, ...way.options?.(value) },
      async (stream) => {
        stream.send('before', '')
        try {
          const result = way.write?.(stream, value)
          if (result instanceof Promise) refusal = (await result).error
        } catch (error) {
          refusal = error
        }
        stream.send('after', '')
        stream.close()
      },
    )
    return { refusal, messages, comments, retries, lastEventId }
  } catch (error) {
    return { refusal: error, messages: [], comments: [], retries: [], lastEventId: '' }
  }
}

describe.each([
  ['on Fetch', openFetch],
  ['on node:http', openNode],
] as const)('a stream %s', (_where, open) => {
  describe.each(streamWays)('$name', (way) => {
    it.each(Object.entries(breakers))('with %s', async (_name, breaker) => {
      const value = forgery(breaker)
      const code = way.refused(breaker)
      const { refusal, messages, comments, retries, lastEventId } = await tryWay(open, way, value)
      expect(isEventwireError(refusal) ? refusal.code : refusal).toBe(code)
      const names = messages.map(({ type }) => type)
      const opened = way.write !== undefined
      const arrived = code === undefined && way.message ? [way.message(value)] : []
      expect(messages.filter(({ type }) => type !== 'before' && type !== 'after')).toEqual(arrived)
      expect(names.filter((name) => name === 'before' || name === 'after')).toEqual(
        !opened ? [] : way.endsStream ? ['before'] : ['before', 'after'],
      )
      expect(retries).toEqual([])
      expect(lastEventId).toBe(arrived[0]?.id ?? '')
      // A stream opens with an empty comment when it announces no heartbeat.
      expect(comments.filter((text) => text !== '').join('\n')).toBe(
        way.comment ? onTheWire(value).replace(/\n+/g, '\n') : '',
      )
    })
  })
})

describe('encodeEvent', () => {
  const ways: readonly [
    field: string,
    fields: (value: string) => object,
    refused: Way['refused'],
    arrived?: (value: string) => Message,
  ][] = [
    ['type', (type) => ({ type, data: '1' }), invalidLine, (value) => message({ type: onTheWire(value) })],
    ['id', (id) => ({ type: 'x', id, data: '1' }), invalidLine, (value) => message({ id: onTheWire(value) })],
    ['retry', (retry) => ({ type: 'x', retry, data: '1' }), () => 'invalid-field'],
    ['data', (data) => ({ type: 'x', data }), never, (value) => message({ data: onTheWire(value) })],
  ]
  const cases = ways.flatMap(([field, ...way]) =>
    Object.entries(breakers).map(([name, breaker]) => ({ field, name, breaker, way })),
  )

  it.each(cases)('$field with $name', ({ breaker, way: [fields, refused, arrived] }) => {
    const value = forgery(breaker)
    const code = refused(breaker)
    const encode = () => encodeEvent(fields(value) as never)
    if (code !== undefined) expect(encode).toThrowError(expect.objectContaining({ code }))
    else expect(readByTheStandard(encode())).toMatchObject({ messages: [arrived!(value)], retries: [], comments: [] })
  })
})

describe('a channel', () => {
  it.each(Object.entries(breakers))(
    'refuses a name with what ends a line, and publishes nothing (%s)',
    async (_name, breaker) => {
      const channel = createChannel<any>({ stream: { heartbeat: false } })
      const response = channel.response(new Request('http://127.0.0.1/'))
      const value = forgery(breaker)
      if (endsLine(breaker)) {
        expect(() => channel.publish(value, 1)).toThrowError(expect.objectContaining({ code: 'invalid-field' }))
      } else {
        await channel.publish(value, 1)
      }
      await channel.publish('x', value)
      await channel.close()
      const { messages } = readByTheStandard(new Uint8Array(await response.arrayBuffer()))
      const published = messages.filter(({ type }) => !type.startsWith('sse:')).map(({ type, data }) => [type, data])
      expect(published).toEqual([...(endsLine(breaker) ? [] : [[onTheWire(value), '1']]), ['x', JSON.stringify(value)]])
    },
  )

  it.each(Object.entries(breakers))(
    'takes no cursor with what ends a line from a log of somebody else (%s)',
    (_name, breaker) => {
      const frame = () => controlFrame('sse:cursor', '{}', forgery(breaker))
      if (endsLine(breaker)) expect(frame).toThrowError(expect.objectContaining({ code: 'invalid-field' }))
      else expect(frame()).toBe(`event: sse:cursor\nid: ${forgery(breaker)}\ndata: {}\n\n`)
    },
  )
})

describe('defineEvents', () => {
  it.each(Object.entries(breakers))('a name with %s', (_name, breaker) => {
    const define = () => defineEvents({ [forgery(breaker)]: { encode: String, decode: String } })
    if (endsLine(breaker)) expect(define).toThrowError(expect.objectContaining({ code: 'invalid-field' }))
    else expect(define).not.toThrow()
  })
})
