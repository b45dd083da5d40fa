// Where a host hands out Node's response with its request, the response reports the disconnect of the client, and no signal is made.
import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { createStream } from '../../../src/server/index.ts'
import { requestWith } from '../reading.ts'

/** A request as srvx gives it; reading its signal would make one. */
function hosted(response: object, init?: RequestInit) {
  const request = Object.assign(requestWith(init), { runtime: { name: 'node', node: { res: response } } })
  const { signal } = request
  const reads: string[] = []
  Object.defineProperty(request, 'signal', { get: () => reads.push('signal') && signal })
  return { request, reads }
}

it('a response that closes is a client that has left', async () => {
  const response = new EventEmitter()
  const { request, reads } = hosted(response)
  const stream = createStream(request)
  expect(response.listenerCount('close')).toBe(1)
  response.emit('close')
  expect(await stream.closed).toMatchObject({ reason: 'client' })
  expect(response.listenerCount('close')).toBe(0)
  expect(reads).toEqual([])
})

it.each([
  ['destroyed', { destroyed: true }],
  ['of an aborted request', { req: { aborted: true } }],
])('a response that is %s has no client any more', async (_, state) => {
  const { request, reads } = hosted(Object.assign(new EventEmitter(), state))
  expect(await createStream(request).closed).toMatchObject({ reason: 'client' })
  expect(reads).toEqual([])
})

it('the listener goes when the stream ends', async () => {
  const response = new EventEmitter()
  const stream = createStream(hosted(response).request)
  stream.close()
  expect(response.listenerCount('close')).toBe(0)
  response.emit('close')
  expect(await stream.closed).toMatchObject({ reason: 'server' })
})

it('a second stream for one request learns it from the signal', async () => {
  const response = new EventEmitter()
  const controller = new AbortController()
  const { request } = hosted(response, { signal: controller.signal })
  const [first, second] = [createStream(request), createStream(request)]
  controller.abort()
  expect(await second.closed).toMatchObject({ reason: 'client' })
  response.emit('close')
  expect(await first.closed).toMatchObject({ reason: 'client' })
})
