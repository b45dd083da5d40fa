import { handle } from '../fetch-app.js'

// Bun's own limit of 10 s of silence stays: the heartbeat has to be faster.
Bun.serve({ port: Number(process.env.PORT), hostname: '127.0.0.1', fetch: (request) => handle(request) })
console.log('listening')
