// The application as a Fetch handler.
import { createStream } from '../../dist/server/index.js'
import { openStream, reportText } from './app.js'

export function handle(request) {
  const stream = openStream(request.url, (options) => createStream(request, options))
  return stream === undefined ? new Response(reportText()) : stream.response
}
