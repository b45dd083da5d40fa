import { handle } from '../fetch-app.js'

Deno.serve(
  { port: Number(Deno.env.get('PORT')), hostname: '127.0.0.1', onListen: () => console.log('listening') },
  (request) => handle(request),
)
