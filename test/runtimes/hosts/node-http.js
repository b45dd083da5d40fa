// node:http, on Node, Bun and Deno alike.
import { createServer } from 'node:http'
import process from 'node:process'
import { createStream } from '../../../dist/server/node/index.js'
import { openStream, textAt } from '../app.js'

const server = createServer(async (req, res) => {
  if (openStream(req.url, (options) => createStream(req, res, options)) === undefined) res.end(await textAt(req.url))
})
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'))
