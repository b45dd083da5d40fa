import { createServer } from 'node:http'
import { createStream } from 'eventwire/node'

export interface HelloEvents {
  ping: { time: string }
}

createServer((request, response) => {
  const stream = createStream<HelloEvents>(request, response)
  const timer = setInterval(() => stream.send('ping', { time: new Date().toISOString() }), 1000)
  void stream.closed.then(() => clearInterval(timer))
}).listen(Number(process.env.PORT ?? 3000))
