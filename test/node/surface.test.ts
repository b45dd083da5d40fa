// Public objects have the documented members and no others: nobody calls an internal one by accident.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { createChannel, createStream } from '../../src/server/index.ts'
import { createStream as createNodeStream } from '../../src/server/node/index.ts'
import { listen } from './listen.ts'
import { RawClient } from './raw-client.ts'

/** Every name under which something can be reached, own or inherited; symbols are not names. */
function namesOf(object: object): string[] {
  const names = new Set<string>()
  for (let at = object; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name)
  }
  names.delete('constructor')
  return [...names].sort()
}

const WRITER = ['buffered', 'close', 'closed', 'comment', 'lastEventId', 'pipe', 'ready', 'retry', 'send', 'signal']

it('a stream on Fetch objects is a writer with a response', () => {
  using stream = createStream()
  expect(namesOf(stream)).toEqual([...WRITER, 'response'].sort())
  expect(Object.keys(stream)).toEqual(['lastEventId'])
})

it('a stream on a Node response is a writer', async () => {
  const server = createServer()
  const port = await listen(server)
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const client = await RawClient.open(port)
  using stream = createNodeStream(...(await asked))
  expect(namesOf(stream)).toEqual(WRITER)
  client.disconnect()
})

it('a channel publishes, subscribes, pipes and closes', async () => {
  const channel = createChannel()
  expect(namesOf(channel)).toEqual(['close', 'cursor', 'onError', 'pipe', 'publish', 'response', 'size', 'subscribe'])
  expect(Object.keys(channel)).toEqual([])
  const stream = createStream()
  channel.subscribe(stream)
  expect(namesOf([...channel][0]!)).toEqual([...WRITER, 'response'].sort())
  await channel.close()
})
