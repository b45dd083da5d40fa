import { request as requestHttp1 } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { Readable } from 'node:stream'
import type { End, Exchange } from '../evidence.ts'
import { decoderFor } from './decoder.ts'
import { dial, type Line } from './dial.ts'
import { Recording } from './recording.ts'

/** A request of the doctor. */
export interface Question {
  readonly url: URL
  readonly method: 'GET' | 'OPTIONS'
  readonly headers: readonly (readonly [string, string])[]
  /** The longest that the exchange may take, in milliseconds. */
  readonly timeout: number
  /** For how many milliseconds to wait for more, asked after the head and after each piece; 0 when enough was seen. */
  readonly patience: (seen: Exchange) => number
}

/** Makes one request on a connection of its own, and watches the response. It never rejects: a failure is a result, too. */
export async function exchange(question: Question): Promise<Exchange> {
  const recording = new Recording(question.url.href)
  const controller = new AbortController()
  const stop = (how: End['how'], error?: Error) => {
    if (controller.signal.aborted) return
    recording.finish(how, error)
    controller.abort()
  }
  const overall = setTimeout(() => stop('timeout'), question.timeout)
  let pause: NodeJS.Timeout | undefined
  const look = () => {
    clearTimeout(pause)
    if (controller.signal.aborted) return
    const patience = question.patience(recording)
    if (patience <= 0) stop('enough')
    else if (patience < question.timeout) pause = setTimeout(stop, patience, 'enough')
  }
  try {
    const line = await dial(question.url, controller.signal, () => {
      recording.reachedAt = recording.now()
    })
    recording.connectedAt = recording.now()
    await ask(line, { ...question, recording, stop, look, signal: controller.signal })
  } catch (error) {
    stop(recording.status === undefined ? 'failed' : 'broke', error as Error)
  } finally {
    clearTimeout(overall)
    clearTimeout(pause)
  }
  return recording
}

interface Call extends Question {
  readonly recording: Recording
  readonly signal: AbortSignal
  stop(how: End['how'], error?: Error): void
  look(): void
}

/** Resolves when the exchange is over; rejects when its connection fails. */
function ask({ socket, http2 }: Line, call: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    call.signal.addEventListener('abort', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
    if (call.signal.aborted) socket.destroy()
    else if (http2) askHttp2(socket, call, reject)
    else askHttp1(socket, call, reject)
  })
}

function askHttp1(socket: Line['socket'], call: Call, fail: (error: Error) => void): void {
  const { url, method, recording } = call
  const headers: Record<string, string | string[]> = {
    host: url.host,
    connection: 'keep-alive',
    ...grouped(call.headers),
  }
  const options = { method, path: url.pathname + url.search, headers, createConnection: () => socket }
  requestHttp1(options, (response) => {
    recording.begin(response.statusCode!, response.httpVersion, joined(response.headers))
    const finish = follow(response, call, fail)
    response.on('end', () => response.complete && finish())
  })
    .on('upgrade', (response) => {
      recording.begin(response.statusCode!, response.httpVersion, joined(response.headers))
      call.stop('complete')
    })
    .on('error', fail)
    .end()
}

function askHttp2(socket: Line['socket'], call: Call, fail: (error: Error) => void): void {
  const { url, method, recording } = call
  const session = connectHttp2(url.origin, { createConnection: () => socket })
  session.on('error', fail)
  session.on('remoteSettings', ({ maxConcurrentStreams }) => {
    recording.maxStreams = maxConcurrentStreams
  })
  const stream = session.request({ ':method': method, ':path': url.pathname + url.search, ...grouped(call.headers) })
  let finish = () => call.stop('complete')
  stream.on('response', (headers) => {
    recording.begin(Number(headers[':status']), '2', joined(headers))
    finish = follow(stream, call, fail)
  })
  stream.on('error', fail)
  stream.on('close', () => {
    if (stream.rstCode === 0) finish()
    else fail(Object.assign(new Error('the server reset the stream'), { code: `HTTP2_${stream.rstCode}` }))
  })
}

/** Reads the body, through a decompressor when it needs one. Returns what to call at its end. */
function follow(body: Readable, { recording, look, stop, signal }: Call, fail: (error: Error) => void): () => void {
  const decoder = decoderFor(recording.headers['content-encoding'])
  const read = (bytes: Buffer) => {
    try {
      recording.read(bytes)
      look()
    } catch (error) {
      fail(error as Error)
    }
  }
  decoder?.on('data', read).on('error', fail)
  signal.addEventListener('abort', () => decoder?.destroy())
  body.on('error', fail)
  body.on('data', (bytes: Buffer) => {
    recording.arrived(bytes.length)
    if (decoder === undefined) read(bytes)
    else decoder.write(bytes)
  })
  look()
  if (decoder === undefined) return () => stop('complete')
  decoder.on('end', () => stop('complete'))
  return () => decoder.end()
}

function grouped(headers: Question['headers']): Record<string, string | string[]> {
  const groups: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    groups[name.toLowerCase()] ??= []
    groups[name.toLowerCase()]!.push(value)
  }
  return groups
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const pairs = Object.entries(headers).filter(([name, value]) => !name.startsWith(':') && value !== undefined)
  return Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]))
}
