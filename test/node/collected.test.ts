// A stream hears its request abort although nobody else keeps the request: what follows a signal may be collected.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createStream } from '../../src/server/index.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

it('a request that nobody keeps still tells that its client has left', async () => {
  const controllers = Array.from({ length: 200 }, () => new AbortController())
  const streams = controllers.map(({ signal }) => createStream(new Request('http://127.0.0.1/', { signal })))
  for (let count = 0; count < 5; count++) {
    await new Promise(setImmediate)
    collect()
  }
  for (const controller of controllers) controller.abort()
  expect(streams.filter(({ signal }) => signal.aborted)).toHaveLength(200)
})
