import { createStream } from 'eventwire/server'
import { Hono } from 'hono'
import { clock } from '../clock.ts'
import { type AppEvents, sendTicks } from '../ticks.ts'

export const app = new Hono()

app.get('/clock', (c) => clock.response(c.req.raw))

app.get('/events', (c) => {
  const stream = createStream<AppEvents>(c.req.raw)
  sendTicks(stream)
  return stream.response
})

app.post('/events', async (c) => {
  const { name } = await c.req.json<{ name: string }>()
  const stream = createStream<AppEvents>(c.req.raw)
  sendTicks(stream, name)
  return stream.response
})
