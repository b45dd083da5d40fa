import { createStream, respond } from 'eventwire/node'
import Fastify from 'fastify'
import { clock } from '../clock.ts'
import { type AppEvents, sendTicks } from '../ticks.ts'

const app = Fastify()

app.get('/clock', (request, reply) => {
  respond(clock, request, reply)
})

app.get('/events', (request, reply) => {
  sendTicks(createStream<AppEvents>(request, reply))
})

app.post<{ Body: { name: string } }>('/events', (request, reply) => {
  sendTicks(createStream<AppEvents>(request, reply), request.body.name)
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log('listening')
