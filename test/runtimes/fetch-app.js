// The application as a Fetch handler.
import { createStream } from '../../dist/server/index.js'
import { openStream, textAt } from './app.js'

export async function handle(request) {
  const stream = openStream(request.url, (options) => createStream(request, options))
  return stream === undefined ? new Response(await textAt(request.url)) : stream.response
}
