import { app } from './app.ts'

Bun.serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), idleTimeout: 0 })
console.log('listening')
