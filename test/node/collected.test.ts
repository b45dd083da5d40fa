// A stream keeps alive the objects that it needs, and releases the others.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createStream } from '../../src/server/index.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

it('a request that nobody keeps still reports that its client has disconnected', async () => {
  const controllers = Array.from({ length: 200 }, () => new AbortController())
  const streams = controllers.map(({ signal }) => createStream(new Request('http://127.0.0.1/', { signal })))
  for (let count = 0; count < 5; count++) {
    await new Promise(setImmediate)
    collect()
  }
  for (const controller of controllers) controller.abort()
  expect(streams.filter(({ signal }) => signal.aborted)).toHaveLength(200)
})

it('a response whose body is being read need not be kept, and can still be asked for', async () => {
  const stream = createStream()
  const { headers } = stream.response
  headers.set('X-Added', '1')
  await new Promise(setImmediate)
  collect()
  expect(stream.response.headers.get('x-added')).toBe('1')
  const kept = new WeakRef(stream.response)
  const reader = stream.response.body!.getReader()
  await reader.read()
  const next = reader.read()
  for (let count = 0; count < 5; count++) {
    await new Promise(setImmediate)
    collect()
  }
  expect(kept.deref()).toBe(undefined)
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  stream.close()
  expect((await next).done).toBe(true)
})
