// Runs `eventwire/testing` in this engine: both ends of the wire, held by one request's handler.
import { subscribe } from '../../dist/client/index.js'
import { createChannel, createStream, memoryLog } from '../../dist/server/index.js'
import { collectEvents, createTestClient, createTestClock, createTestServer } from '../../dist/testing/index.js'
import { pollChannel } from './polling.js'

const URL = 'http://localhost/events'
const ask = () => new Request(URL)

async function collect() {
  const stream = createStream(ask())
  stream.send('message', 'welcome')
  const events = await collectEvents(stream.response, { count: 1 })
  return [events, (await stream.closed).reason]
}

async function resume() {
  const channel = createChannel()
  const client = createTestClient(channel.response(ask()))
  await channel.publish('message', 'one')
  const first = await client.next()
  await client.disconnect()
  await channel.publish('message', 'two')
  const back = await client.resume((request) => channel.response(request))
  const second = await back.next()
  await back.disconnect()
  return [first.data, second.data]
}

async function stall() {
  const stream = createStream(ask(), { stallTimeout: 20 })
  createTestClient(stream.response)
  stream.send('message', 'anybody there?')
  return (await stream.closed).reason
}

/** A response whose reader takes a chunk each millisecond. */
function slowly({ body, headers }) {
  const reader = body.getReader()
  const pull = async (controller) => {
    const { done, value } = await reader.read()
    if (done) return controller.close()
    await new Promise((resolve) => setTimeout(resolve, 1))
    controller.enqueue(value)
  }
  return new Response(new ReadableStream({ pull, cancel: () => reader.cancel() }), { headers })
}

async function slow() {
  const stream = createStream(ask(), { maxBuffer: 64 })
  const reading = collectEvents(slowly(stream.response), { count: 20 })
  let waits = 0
  for (let sent = 0; sent < 20; sent++) {
    if (stream.send('message', `number ${sent}`)) continue
    waits++
    await stream.ready()
  }
  return [(await reading).length, waits > 0]
}

async function reconnect() {
  const server = createTestServer()
  const subscription = subscribe(URL, { fetch: server.fetch, headers: { 'X-Key': 'k' }, retry: { min: 1, max: 1 } })
  const connection = await server.connection()
  connection.send('ping', { time: '12:00' }, { id: '7' })
  connection.break()
  const { data } = await subscription.once('ping')
  const again = await server.connection()
  subscription.close()
  return [connection.request.headers.get('X-Key'), data, again.lastEventId, await again.closed]
}

async function refuse() {
  const server = createTestServer()
  const subscription = subscribe(URL, { fetch: server.fetch })
  subscription.onError(() => {})
  const connection = await server.connection()
  connection.respond(401, { body: 'who are you?' })
  const { reason, error } = await subscription.closed
  return [reason, error.status, error.body]
}

/** As a component fetches, with anything that fetch takes; all others are answered by what was there before. */
async function fetches() {
  const before = globalThis.fetch
  globalThis.fetch = async (input, init) => new Response(`${init?.method ?? input.method} elsewhere`)
  const server = createTestServer({ url: '/events' })
  globalThis.fetch = server.fetch
  try {
    const texts = [fetch(URL), fetch(ask()), fetch(URL, { method: 'POST', headers: { a: 'b' }, body: 'c' })]
    for (const { request } of server.connections) {
      const connection = await server.connection()
      connection.respond(200, { body: request.method + (await request.text()) })
    }
    texts.push(fetch('http://localhost/ask', { method: 'POST' }))
    return await Promise.all(texts.map(async (response) => (await response).text()))
  } finally {
    globalThis.fetch = before
  }
}

/** One signal for all: Node warns of a leak when each takes a listener of its own. */
async function many() {
  const server = createTestServer()
  const abort = new AbortController()
  const asked = Array.from({ length: 100 }, () => server.fetch(URL, { signal: abort.signal }).catch(() => 'aborted'))
  for (const connection of server.connections.slice(0, 50)) connection.accept()
  abort.abort()
  const ended = await Promise.all(server.connections.map(({ closed }) => closed))
  const outcomes = await Promise.all(asked)
  return [ended.filter((by) => by === 'client').length, outcomes.filter((outcome) => outcome === 'aborted').length]
}

/** On a port of its own; a worker's is one that nothing can connect to. */
async function listens() {
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers') return 'nowhere'
  const server = await createTestServer({ url: '/events' }).listen()
  const subscription = subscribe(server.url, { retry: { min: 1, max: 1 } })
  const connection = await server.connection()
  connection.send('message', 'hello', { id: '7' })
  const { data } = await subscription.once('message')
  connection.break()
  const again = await server.connection()
  subscription.close()
  const outcome = [data, again.lastEventId, await again.closed]
  await server.close()
  return outcome
}

async function finish() {
  const server = createTestServer()
  const subscription = subscribe(URL, { fetch: server.fetch })
  const connection = await server.connection()
  connection.send('message', 'last')
  connection.end({ final: true })
  const seen = []
  for await (const { data } of subscription) seen.push(data)
  return [seen, (await subscription.closed).reason]
}

async function miss() {
  const server = createTestServer()
  const subscription = subscribe(URL, { fetch: server.fetch })
  const failed = new Promise((resolve) => subscription.onError(({ code }) => resolve(code)))
  const connection = await server.connection()
  connection.comment('heartbeat=1000')
  const code = await failed
  subscription.close()
  return [code, await connection.closed]
}

/** Gives a part the time, and takes it back. */
const timed = (part) => async () => {
  const before = [setTimeout, setInterval, clearTimeout, clearInterval, Date, performance.now]
  const clock = createTestClock({ now: 1_000_000 })
  const result = await part(clock).finally(clock.restore)
  const after = [setTimeout, setInterval, clearTimeout, clearInterval, Date, performance.now]
  return [...result, clock.pending, after.every((each, index) => each === before[index])]
}

const timers = timed(async (clock) => {
  const seen = []
  const note = (what) => seen.push(`${what} ${Date.now() - 1_000_000}`)
  setTimeout(note, 20, 'later')
  setTimeout(() => Promise.resolve().then(() => setTimeout(note, 5, 'nested')), 10)
  clearTimeout(setTimeout(note, 10, 'never'))
  const ticking = setInterval(note, 10, 'tick')
  const up = performance.now()
  await clock.advance(20)
  clearInterval(ticking)
  await clock.advance(1_000)
  return [seen, Math.round(performance.now() - up), new Date().toISOString(), new Date() instanceof Date]
})

const beat = timed(async (clock) => {
  const stream = createStream(ask(), { heartbeat: 15_000 })
  const client = createTestClient(stream.response)
  const collected = client.collect()
  await clock.advance(30_000)
  stream.close()
  await collected
  return [client.comments]
})

const wait = timed(async (clock) => {
  const server = createTestServer()
  const subscription = subscribe(URL, { fetch: server.fetch })
  ;(await server.connection()).respond(503, { headers: { 'Retry-After': '60' }, body: 'busy' })
  await clock.advance(59_000)
  const { status } = subscription
  await clock.advance(2_000)
  subscription.close()
  return [status, server.connections.length]
})

const forget = timed(async (clock) => {
  const channel = createChannel({ log: memoryLog({ maxAge: 60_000 }) })
  await channel.publish('message', 'old')
  await clock.advance(40_000)
  await channel.publish('message', 'young')
  await clock.advance(40_000)
  const [kept] = await collectEvents(channel.response(ask(), { from: 'start' }), { count: 1 })
  await channel.close()
  return [kept.data]
})

const cut = timed(async (clock) => {
  const stream = createStream(ask(), { stallTimeout: 10_000 })
  stream.send('message', 'anybody there?')
  await clock.advance(12_000)
  return [(await stream.closed).reason]
})

const parts = {
  collect,
  resume,
  stall,
  slow,
  reconnect,
  refuse,
  fetches,
  many,
  listens,
  finish,
  pollChannel,
  miss,
  timers,
  beat,
  wait,
  forget,
  cut,
}

/** Each part of the kit with what came of it, or the error that it threw. */
export async function tryKit() {
  const results = {}
  for (const [name, part] of Object.entries(parts)) {
    results[name] = await part().catch(String)
  }
  return JSON.stringify(results)
}
