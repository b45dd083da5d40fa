// A stream that the guide leaves out is in no histogram of request durations; other requests are.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { expect, it } from 'vitest'
import { createStream } from '../../src/server/node/index.ts'
import { listen } from '../node/listen.ts'
import { startPrometheus } from './prometheus.ts'

it('the HTTP instrumentation of OpenTelemetry ignores requests for streams', async () => {
  const prometheus = await startPrometheus()
  const instrumentation = new HttpInstrumentation({
    ignoreIncomingRequestHook: ({ headers }) => headers.accept === 'text/event-stream',
  })
  instrumentation.setMeterProvider(prometheus.provider)
  instrumentation.enable()
  const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http')
  const server = createServer((req, res) => {
    if (req.url === '/events') createStream(req, res).close()
    else res.end('page')
  })
  const port = await listen(server)
  const get = async (path: string, accept: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept } })).text()
  await get('/events', 'text/event-stream')
  await get('/page', 'text/html')
  await get('/events', '*/*')
  server.close()
  await once(server, 'close')
  const { samples } = await prometheus.scrape()
  instrumentation.disable()
  await prometheus.stop()
  const counts = samples.get('http_server_request_duration_count')
  expect(counts?.map(([, count]) => count)).toEqual([2])
})
