import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createStream, respond } from 'eventwire/node'
import { listener } from '../../listener.ts'
import { add, board } from '../board.ts'
import { type AppEvents, sendTicks } from '../ticks.ts'
import { page } from './page.ts'

async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { pathname } = new URL(`http://localhost${req.url}`)
  const body = req.method === 'POST' ? await text(req) : ''
  if (pathname === '/events') sendTicks(createStream<AppEvents>(req, res), body ? JSON.parse(body).name : undefined)
  else if (pathname === '/board') res.setHeader('Content-Type', 'text/html; charset=utf-8').end(await page())
  else if (pathname !== '/board/events') res.writeHead(404).end()
  else if (req.method === 'POST') {
    add(JSON.parse(body).text)
    res.writeHead(204).end()
  } else respond(board.channel, req, res)
}

createServer(listener(handle)).listen(Number(process.env.PORT ?? 3000), () => {
  console.log('listening')
})
