import { createStream } from 'eventwire/node'
import Fastify from 'fastify'
import { type AppEvents, sendTicks } from '../ticks.ts'

const app = Fastify()

app.get('/events', (request, reply) => {
  reply.hijack() // the stream answers, not Fastify
  sendTicks(createStream<AppEvents>(request.raw, reply.raw))
})

app.post<{ Body: { name: string } }>('/events', (request, reply) => {
  reply.hijack()
  sendTicks(createStream<AppEvents>(request.raw, reply.raw), request.body.name)
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
console.log('listening')
