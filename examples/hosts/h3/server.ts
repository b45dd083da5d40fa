import { createStream } from 'eventwire/server'
import { H3, serve } from 'h3'
import { type AppEvents, sendTicks } from '../ticks.ts'

const app = new H3()

app.get('/events', (event) => {
  const stream = createStream<AppEvents>(event.req)
  sendTicks(stream)
  return stream.response
})

app.post('/events', async (event) => {
  const { name } = (await event.req.json()) as { name: string }
  const stream = createStream<AppEvents>(event.req)
  sendTicks(stream, name)
  return stream.response
})

await serve(app, { port: Number(process.env.PORT ?? 3000), silent: true }).ready()
console.log('listening')
