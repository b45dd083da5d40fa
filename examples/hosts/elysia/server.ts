import { Elysia, t } from 'elysia'
import { createStream } from 'eventwire/server'
import { type AppEvents, sendTicks } from '../ticks.ts'

new Elysia({ serve: { idleTimeout: 0 } })
  .get('/events', ({ request }) => {
    const stream = createStream<AppEvents>(request)
    sendTicks(stream)
    return stream.response
  })
  .post(
    '/events',
    ({ request, body }) => {
      const stream = createStream<AppEvents>(request)
      sendTicks(stream, body.name)
      return stream.response
    },
    { body: t.Object({ name: t.String() }) },
  )
  .listen(Number(process.env.PORT ?? 3000), () => console.log('listening'))
