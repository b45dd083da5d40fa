// Options that make no sense are refused at construction, by name and value.
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { isEventwireError } from '../../../src/index.ts'
import { createStream } from '../../../src/server/index.ts'
import { createStream as createNodeStream } from '../../../src/server/node/index.ts'

const DURATION = 'give milliseconds from 1 to 2147483647, or false to switch it off'
const RETRY = 'give whole milliseconds from 0 to 2147483647, or { min, max } of them'

function refusal(act: () => unknown) {
  try {
    act()
  } catch (error) {
    if (isEventwireError(error)) return [error.code, error.message]
    throw error
  }
}

describe('an option', () => {
  it.each<[object, string]>([
    [{ heartbeat: 0 }, `heartbeat is 0; ${DURATION}`],
    [{ heartbeat: -1 }, `heartbeat is -1; ${DURATION}`],
    [{ heartbeat: NaN }, `heartbeat is NaN; ${DURATION}`],
    [{ heartbeat: true }, `heartbeat is true; ${DURATION}`],
    [{ heartbeat: '15s' }, `heartbeat is "15s"; ${DURATION}`],
    [{ heartbeat: 2_147_483_648 }, `heartbeat is 2147483648; ${DURATION}`],
    [{ stallTimeout: -5 }, `stallTimeout is -5; ${DURATION}`],
    [{ stallTimeout: null }, `stallTimeout is null; ${DURATION}`],
    [{ maxDuration: Infinity }, `maxDuration is Infinity; ${DURATION}`],
    [{ maxBuffer: 0 }, 'maxBuffer is 0; give a positive number of bytes'],
    [{ maxBuffer: Infinity }, 'maxBuffer is Infinity; give a positive number of bytes'],
    [{ maxBuffer: '1MB' }, 'maxBuffer is "1MB"; give a positive number of bytes'],
    [{ retry: -1 }, `retry is -1; ${RETRY}`],
    [{ retry: 1.5 }, `retry is 1.5; ${RETRY}`],
    [{ retry: { min: 3, max: 2 } }, 'retry.max is 2; give whole milliseconds from 3 to 2147483647'],
    [{ retry: { min: 1 } }, 'retry.max is undefined; give whole milliseconds from 1 to 2147483647'],
    [{ retry: 2_147_483_648 }, `retry is 2147483648; ${RETRY}`],
    [{ controls: 'none' }, "controls is \"none\"; give 'events' or 'comments'"],
    [{ controls: null }, "controls is null; give 'events' or 'comments'"],
    [{ done: true }, 'done is true; give a string'],
    [{ onGap: 'keep' }, 'onGap is "keep"; give a function'],
    [{ signal: {} }, 'signal is [object Object]; give an AbortSignal'],
    [{ headers: 'x' }, 'headers is "x"; give an object or pairs'],
    [{ events: {} }, '`events` is a plain object; make it with defineEvents() or eventsWithCodec()'],
  ])('%j is refused', (options, message) => {
    expect(refusal(() => createStream(undefined, options))).toEqual(['invalid-option', message])
  })

  it.each(['Content-Type', 'content-length', 'Content-Encoding', 'Transfer-Encoding', 'Connection', 'Keep-Alive'])(
    'headers with %s is refused, which frames the stream',
    (name) => {
      const message = `headers has "${name}"; leave it out, the stream sets what frames it`
      expect(refusal(() => createStream(undefined, { headers: { [name]: '1' } }))).toEqual(['invalid-option', message])
      expect(refusal(() => createStream(undefined, { headers: [[name, '1']] }))).toEqual(['invalid-option', message])
    },
  )

  it.each([
    ['X-Split', 'a\r\nSet-Cookie: b'],
    ['X Space', 'a'],
  ])('headers with %j: %j is refused, which HTTP does not allow', (name, value) => {
    const message = `headers has "${name}" with a name or value that HTTP does not allow`
    expect(refusal(() => createStream(undefined, { headers: { [name]: value } }))).toEqual(['invalid-option', message])
  })

  it.each([null, 7])('object %j is refused', (options) => {
    const message = `options is ${options}; give an object`
    expect(refusal(() => createStream(undefined, options as never))).toEqual(['invalid-option', message])
  })

  it('may be undefined, which is its default', () => {
    const stream = createStream(undefined, { heartbeat: undefined, retry: undefined, headers: undefined })
    stream.close()
  })
})

describe('the subject', () => {
  it('is a Fetch Request or nothing', () => {
    expect(refusal(() => createStream({ headers: {} } as never))).toEqual([
      'invalid-option',
      'request is [object Object]; give a Fetch Request, in Hono c.req.raw; for node:http import createStream from eventwire/node',
    ])
  })

  it('is the request and the response of a Node server', () => {
    expect(refusal(() => createNodeStream(undefined as never, undefined as never))).toEqual([
      'invalid-option',
      'req is undefined; give the request of a Node server; for a Fetch Request, as c.req.raw in Hono, use createStream() of eventwire/server or channel.response()',
    ])
    expect(refusal(() => createNodeStream({ headers: {} }, {} as never))).toEqual([
      'invalid-option',
      'res is [object Object]; give the response of a Node server: res in Express, reply in Fastify, ctx.response in Koa',
    ])
  })

  it('is a response whose head has not been sent', async () => {
    const refused = new Promise((resolve) => {
      const server = createServer((req, res) => {
        res.flushHeaders()
        resolve(refusal(() => createNodeStream(req, res)))
        res.end()
        server.close()
      }).listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number }
        fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } }).then((response) => response.text())
      })
    })
    expect(await refused).toEqual([
      'invalid-option',
      'res has sent its head; create the stream before anything is written',
    ])
  })
})
