import { serve } from 'srvx'
import { handle } from '../fetch-app.js'

const server = serve({
  fetch: (request) => handle(request),
  port: Number(process.env.PORT),
  hostname: '127.0.0.1',
  silent: true,
})
await server.ready()
console.log('listening')
