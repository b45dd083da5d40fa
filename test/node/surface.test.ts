// Public objects have the documented members and no others, also under reflection.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { createChannel, createStream } from '../../src/server/index.ts'
import { createStream as createNodeStream } from '../../src/server/node/index.ts'
import { listen } from './listen.ts'
import { RawClient } from './raw-client.ts'

/** Every key under which something can be reached, own or inherited, as reflection lists them. */
function keysOf(object: object): string[] {
  const keys = new Set<string>()
  for (let at = object; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) keys.add(String(key))
  }
  keys.delete('constructor')
  return [...keys].sort()
}

/** The port of `eventwire/fold`, which follows a channel or a subscription of any copy of the package. */
const FOLLOW = 'Symbol(eventwire.follow)'

const WRITER = [
  'Symbol(Symbol.dispose)',
  'buffered',
  'close',
  'closed',
  'comment',
  'lastEventId',
  'pipe',
  'ready',
  'retry',
  'send',
  'signal',
]

it('a stream on Fetch objects is a writer with a response', () => {
  using stream = createStream()
  expect(keysOf(stream)).toEqual([...WRITER, 'response'].sort())
  expect(Object.keys(stream)).toEqual(['lastEventId'])
})

it('a stream on a Node response is a writer', async () => {
  const server = createServer()
  const port = await listen(server)
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const client = await RawClient.open(port)
  using stream = createNodeStream(...(await asked))
  expect(keysOf(stream)).toEqual(WRITER)
  client.disconnect()
})

it('a channel publishes, subscribes, pipes and closes', async () => {
  const channel = createChannel()
  expect(keysOf(channel)).toEqual([
    'Symbol(Symbol.iterator)',
    FOLLOW,
    'acknowledge',
    'close',
    'cursor',
    'onError',
    'pipe',
    'publish',
    'response',
    'size',
    'stats',
    'subscribe',
  ])
  expect(Object.keys(channel)).toEqual([])
  const stream = createStream()
  channel.subscribe(stream)
  expect(keysOf([...channel][0]!)).toEqual([...WRITER, 'response'].sort())
  await channel.close()
})

it('a subscription listens, iterates and connects', () => {
  const subscription = subscribe('http://localhost/', { lazy: true })
  const verbs = [
    'close',
    'events',
    'on',
    'onAny',
    'onComment',
    'onError',
    'onGap',
    'once',
    'pause',
    'reconnect',
    'resume',
  ]
  const properties = ['closed', 'lastEventId', 'opened', 'state', 'status']
  const symbols = ['Symbol(Symbol.asyncIterator)', 'Symbol(Symbol.dispose)', FOLLOW]
  expect(keysOf(subscription)).toEqual([...symbols, ...verbs, ...properties].sort())
  expect(keysOf(subscription.state)).toEqual(['get', 'subscribe'])
  subscription.close()
})
