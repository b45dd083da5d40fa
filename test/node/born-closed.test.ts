// The same conditions close a stream before it begins on Fetch and on Node, and of several reasons the same one wins.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createStream } from '../../src/server/index.ts'
import { createStream as createNodeStream } from '../../src/server/node/index.ts'
import { listen } from './listen.ts'
import { RawClient } from './raw-client.ts'

interface Situation {
  readonly gone: boolean
  readonly final: boolean
  readonly aborted: boolean
  readonly head: boolean
}

const yesOrNo = [true, false]
const situations = yesOrNo.flatMap((gone) =>
  yesOrNo.flatMap((final) => yesOrNo.flatMap((aborted) => yesOrNo.map((head) => ({ gone, final, aborted, head })))),
)

function expected({ gone, final, aborted, head }: Situation): string {
  if (gone) return 'client'
  if (final) return 'final'
  if (aborted) return 'aborted'
  return head ? 'server' : 'open'
}

const optionsFor = ({ aborted }: Situation) => (aborted ? { signal: AbortSignal.abort() } : {})

async function onFetch(situation: Situation): Promise<string> {
  const { gone, final, head } = situation
  const request = new Request('http://127.0.0.1/', {
    method: head ? 'HEAD' : 'GET',
    headers: final ? { 'Last-Event-ID': 'sse:end' } : {},
    ...(gone ? { signal: AbortSignal.abort() } : {}),
  })
  const stream = createStream(request, optionsFor(situation))
  if (!stream.signal.aborted) {
    stream.close()
    return 'open'
  }
  expect(stream.response.status).toBe(situation.final && !gone ? 204 : 200)
  expect(stream.response.body).toBe(null)
  return (await stream.closed).reason
}

async function onNode(situation: Situation): Promise<string> {
  const { gone, final, head } = situation
  const server = createServer()
  const port = await listen(server)
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const client = await RawClient.open(port, [
    `${head ? 'HEAD' : 'GET'} / HTTP/1.1`,
    'Connection: close',
    ...(final ? ['Last-Event-ID: sse:end'] : []),
  ])
  const [req, res] = await asked
  if (gone) {
    client.disconnect()
    await once(res, 'close')
  }
  const stream = createNodeStream(req, res, optionsFor(situation))
  if (!stream.signal.aborted) {
    stream.close()
    return 'open'
  }
  if (!gone)
    expect(await client.end()).toMatch(
      final ? /^HTTP\/1\.1 204 .*\r\n\r\n$/s : /^HTTP\/1\.1 200 .*\r\n\r\n(0\r\n\r\n)?$/s,
    )
  return (await stream.closed).reason
}

describe.each(situations)('with %j', (situation) => {
  it('a stream on Fetch objects says so', async () => expect(await onFetch(situation)).toBe(expected(situation)))
  it('a stream on a Node response does, too', async () => expect(await onNode(situation)).toBe(expected(situation)))
})
