// One application for every host: each path opens a stream that does one thing and reports how it closed.
import { gzip } from '../../dist/server/gzip/index.js'
import { tryRuns } from './runs.js'
import { tryKit } from './testing-kit.js'

const reports = {}
let shutdown

/** One signal for all streams that ask for it; made by the first, because workerd makes none outside a request. */
function shared() {
  shutdown ??= new AbortController()
  return shutdown.signal
}

/** The behaviour of an open stream, by path. */
const behaviours = {
  '/idle': () => {},
  '/abort': (stream) => {
    shutdown.abort()
    shutdown = undefined
    stream.close()
  },
  '/ticks': (stream) => {
    let count = 0
    const timer = setInterval(() => stream.send('tick', ++count), 100)
    stream.signal.addEventListener('abort', () => clearInterval(timer))
  },
  '/id': (stream) => {
    stream.send('id', stream.lastEventId)
    stream.close()
  },
  '/final': (stream) => {
    stream.send('message', 'last')
    stream.close({ final: true })
  },
  '/big': (stream) => {
    stream.send('message', 'x'.repeat(5_000_000))
    stream.close()
  },
  '/flood': async (stream, report) => {
    const data = 'x'.repeat(1_000)
    while (report.sent < 1_000_000_000 && !stream.signal.aborted) {
      report.sent += data.length
      if (!stream.send('message', data) && !(await stream.ready())) return
    }
    stream.close()
  },
}

/** The options that a URL asks for: its numbers, or `false`. */
function optionsOf(search) {
  const options = {}
  for (const [name, value] of search) {
    if (['heartbeat', 'stallTimeout', 'maxDuration', 'maxBuffer', 'retry'].includes(name))
      options[name] = JSON.parse(value)
  }
  if (search.has('shared')) options.signal = shared()
  if (search.has('compress')) options.compress = gzip()
  return options
}

/** `open` creates the stream; the result is `undefined` where the path is none of a stream. */
export function openStream(href, open) {
  const { pathname, searchParams } = new URL(href, 'http://127.0.0.1')
  const behave = behaviours[pathname]
  if (behave === undefined) return undefined
  const stream = open(optionsOf(searchParams))
  const report = { sent: 0 }
  reports[searchParams.get('name')] = report
  stream.closed.then(({ reason, events, error }) => {
    Object.assign(report, { reason, events }, error === undefined ? {} : { error: String(error) })
  })
  behave(stream, report)
  return stream
}

/** The response text of the other paths. */
export async function textAt(href) {
  const { pathname } = new URL(href, 'http://127.0.0.1')
  if (pathname === '/testing-kit') return await tryKit()
  return pathname === '/runs' ? await tryRuns() : JSON.stringify(reports)
}
