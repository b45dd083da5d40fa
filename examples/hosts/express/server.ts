import { createStream, respond } from 'eventwire/node'
import express from 'express'
import { clock } from '../clock.ts'
import { type AppEvents, sendTicks } from '../ticks.ts'

const app = express()

app.get('/clock', (req, res) => {
  respond(clock, req, res)
})

app.get('/events', (req, res) => {
  sendTicks(createStream<AppEvents>(req, res))
})

// A body that was parsed before: the client's departure is noticed all the same.
app.post('/events', express.json(), (req, res) => {
  sendTicks(createStream<AppEvents>(req, res), req.body.name)
})

app.listen(Number(process.env.PORT ?? 3000), () => console.log('listening'))
