// The application as a Fetch handler.
import { createStream } from '../../dist/server/index.js'
import { openStream, reportText } from './app.js'

export function handle(request, { waitUntil } = {}) {
  const opened = openStream(request.url, (options) => createStream(request, options))
  if (opened === undefined) return new Response(reportText())
  waitUntil?.(opened.finished)
  return opened.stream.response
}
