import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { defineEvents, text } from '../../../src/index.ts'
import { createChannel } from '../../../src/server/index.ts'
import { pages } from '../../../src/server/pages/index.ts'

/** How long a poll waits, in milliseconds. */
export const WAIT = 700

const open = () =>
  createChannel({ events: defineEvents({ message: text() }), poll: pages({ wait: WAIT, maxBytes: 65_536 }) })

interface Store {
  readonly channel: ReturnType<typeof open>
  readonly type: string
  isClosed: boolean
}

/**
 * A server for tests of the Durable Streams protocol. The protocol writes by PUT, POST and DELETE, which a channel does not answer: this
 * maps them to `createChannel()`, `publish()` and `close()`, as far as tests of reading need them. Reading is `channel.response()`. Only
 * the body of a page is changed, because the protocol's tests know the bytes that they wrote, and a channel has events.
 */
export function protocolServer() {
  const stores = new Map<string, Store>()
  return createServer(async (req, res) => {
    const { pathname } = new URL(req.url!, 'http://localhost')
    const store = stores.get(pathname)
    if (req.method === 'PUT') await create(req, res, stores, pathname)
    else if (store === undefined) res.writeHead(404, SECURITY).end()
    else if (req.method === 'POST') await append(req, res, store)
    else if (req.method === 'DELETE') {
      stores.delete(pathname)
      await store.channel.close()
      res.writeHead(204).end()
    } else await read(req, res, store)
  })
}

const SECURITY = { 'X-Content-Type-Options': 'nosniff' }

async function create(
  req: IncomingMessage,
  res: ServerResponse,
  stores: Map<string, Store>,
  path: string,
): Promise<void> {
  const body = await bodyOf(req)
  const type = req.headers['content-type'] ?? 'application/octet-stream'
  const known = stores.get(path)
  if (known !== undefined) {
    res.writeHead(mediaOf(known.type) === mediaOf(type) ? 200 : 409, await headersOf(known)).end()
    return
  }
  const store: Store = { channel: open(), type, isClosed: false }
  stores.set(path, store)
  await publish(store, body, true)
  if (req.headers['stream-closed']) await end(store)
  res.writeHead(201, { ...(await headersOf(store)), Location: `http://${req.headers.host}${path}` }).end()
}

async function append(req: IncomingMessage, res: ServerResponse, store: Store): Promise<void> {
  const body = await bodyOf(req)
  const closes = req.headers['stream-closed'] !== undefined
  const fits = body.length === 0 || mediaOf(req.headers['content-type'] ?? '') === mediaOf(store.type)
  if (store.isClosed && body.length > 0) {
    res.writeHead(409, await headersOf(store)).end()
    return
  }
  if (!fits || !(await publish(store, body, closes))) {
    res.writeHead(fits ? 400 : 409).end()
    return
  }
  if (closes) await end(store)
  res.writeHead(204, await headersOf(store)).end()
}

/** @returns whether there was something to publish. */
async function publish({ channel, type }: Store, body: Buffer, mayBeEmpty: boolean): Promise<boolean> {
  if (mediaOf(type) !== 'application/json') {
    if (body.length > 0) await channel.publish('message', body.toString('base64'))
    return mayBeEmpty || body.length > 0
  }
  try {
    const value: unknown = body.length === 0 ? [] : JSON.parse(body.toString())
    const values = Array.isArray(value) ? value : [value]
    for (const one of values) await channel.publish('message', JSON.stringify(one))
    return mayBeEmpty || values.length > 0
  } catch {
    return false
  }
}

async function end(store: Store): Promise<void> {
  store.isClosed = true
  await store.channel.close({ final: true })
}

/** Reads a channel: everything but the body is its own. */
async function read(req: IncomingMessage, res: ServerResponse, store: Store): Promise<void> {
  const url = new URL(req.url!, 'http://localhost')
  // The protocol reads from the beginning without an offset, and a channel streams.
  if (!url.searchParams.has('offset') && !url.searchParams.has('live')) url.searchParams.set('offset', '-1')
  const left = new AbortController()
  res.on('close', () => left.abort())
  const init = { method: req.method!, headers: req.headers as Record<string, string>, signal: left.signal }
  const page = await store.channel.response(new Request(url, init))
  const headers = Object.fromEntries(page.headers)
  const isPage = headers['content-type'] === 'application/json'
  if (isPage) headers['content-type'] = store.type
  res.writeHead(page.status, headers)
  const content = await page.text()
  res.end(isPage && content !== '' ? bytesOf(store.type, JSON.parse(content)) : content)
}

function bytesOf(type: string, messages: readonly { type: string; data: string }[]): Buffer | string {
  const events = messages.filter(({ type }) => type === 'message').map(({ data }) => data)
  if (mediaOf(type) === 'application/json') return `[${events.join()}]`
  return Buffer.concat(events.map((data) => Buffer.from(data, 'base64')))
}

async function headersOf({ channel, type, isClosed }: Store): Promise<Record<string, string>> {
  const head = await channel.response(new Request('http://localhost/', { method: 'HEAD' }))
  return {
    ...SECURITY,
    'Content-Type': type,
    'Stream-Next-Offset': head.headers.get('Stream-Next-Offset')!,
    ...(isClosed && { 'Stream-Closed': 'true' }),
  }
}

function mediaOf(type: string): string {
  return type.split(';', 1)[0]!.trim().toLowerCase()
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks)
}
