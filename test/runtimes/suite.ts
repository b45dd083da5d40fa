import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { constants, createGunzip } from 'node:zlib'
import { RawClient } from '../node/raw-client.ts'
import type { Engine } from './engines.ts'

/** One promise of the stream, as a raw socket sees it. */
export interface Check {
  readonly name: string
  run(target: Target): Promise<void>
  /** Where it holds; everywhere when left out. */
  readonly on?: (engine: Engine) => boolean
  /** It takes long and disturbs nobody: it runs beside the others. */
  readonly alongside?: true
}

/** A server that runs the application. */
export interface Target {
  readonly engine: Engine
  readonly port: number
  /** Its output on stdout so far. */
  output(): string
}

interface Report {
  readonly sent: number
  readonly reason?: string
  readonly error?: string
}

let opened = 0

/** Asks for a stream under a name of its own. */
export async function open({ port }: Target, path: string, lines: readonly string[] = [], method = 'GET', body = '') {
  const name = `stream-${++opened}`
  const target = `${path}${path.includes('?') ? '&' : '?'}name=${name}`
  const client = await RawClient.open(port, [`${method} ${target} HTTP/1.1`, ...lines], body)
  return { client, name }
}

/** A client that takes compressed responses: what it has been able to read so far. */
export async function openCompressed({ port }: Target, path: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ port, path, host: '127.0.0.1', headers: { 'Accept-Encoding': 'gzip' } }, resolve).on('error', reject)
  })
  const { headers } = response
  const reader = {
    text: '',
    headers,
    encoding: headers['content-encoding'],
    ended: false,
    disconnect: () => response.destroy(),
  }
  const body =
    reader.encoding === 'gzip' ? response.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : response
  body.setEncoding('utf8').on('data', (text) => {
    reader.text += text
  })
  body.on('end', () => {
    reader.ended = true
  })
  response.on('error', () => {})
  return reader
}

async function report({ port }: Target, name: string): Promise<Report> {
  const answer = await fetch(`http://127.0.0.1:${port}/reports`, { headers: { connection: 'close' } })
  const reports = (await answer.json()) as Record<string, Report>
  return reports[name] ?? { sent: 0 }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Waits until a stream has closed, at most so many milliseconds. */
export async function closing(target: Target, name: string, within = 5_000): Promise<Report> {
  for (let waited = 0; waited < within; waited += 50) {
    const found = await report(target, name)
    if (found.reason !== undefined) return found
    await pause(50)
  }
  throw new Error(`the stream has not closed within ${within} ms`)
}

/** Waits until the server sends no more to a client that does not read. */
async function settled(target: Target, name: string): Promise<number> {
  let before = -1
  for (let tries = 0; tries < 50; tries++) {
    const { sent } = await report(target, name)
    if (sent > 0 && sent === before) return sent
    before = sent
    await pause(200)
  }
  throw new Error(`the server sends on to a client that does not read: ${before} bytes`)
}

/** Reads so many more characters and stops at once: a server that is not held back soon comes to the end of its gigabyte. */
async function readOn(client: RawClient, count: number): Promise<void> {
  const enough = client.text.length + count
  await new Promise<void>((resolve) => {
    client.socket.on('close', resolve).on('data', () => {
      if (client.text.length < enough) return
      client.socket.pause()
      resolve()
    })
    client.socket.resume()
  })
}

function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

const MOST_SILENCE = 13_000

export const checks: readonly Check[] = [
  {
    name: 'the heartbeat is faster than the limit of 10 s that Bun puts on silence',
    alongside: true,
    on: ({ runtime }) => runtime === 'bun',
    async run(target) {
      const { client } = await open(target, '/idle')
      await pause(MOST_SILENCE)
      assert.match(bodyOf(client.text), /: heartbeat=8000\n[^:]*:\n/)
      assert.equal(client.ended, false)
      client.disconnect()
    },
  },
  {
    name: 'without a heartbeat Bun.serve cuts a silent stream off',
    alongside: true,
    on: ({ runtime, host }) => runtime === 'bun' && host === 'fetch',
    async run(target) {
      const { client, name } = await open(target, '/idle?heartbeat=false')
      await pause(MOST_SILENCE)
      assert.equal(client.ended, true)
      assert.equal((await closing(target, name)).reason, 'client')
    },
  },
  {
    name: 'head and first bytes at once',
    async run(target) {
      const { client } = await open(target, '/idle')
      const text = await client.until(': heartbeat=')
      assert.match(text, /^HTTP\/1\.1 200 /)
      assert.match(text, /\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/i)
      assert.match(text, /\r\ncache-control: no-cache, no-transform\r\n/i)
      assert.doesNotMatch(text, /\r\ncontent-length:/i)
      client.disconnect()
    },
  },
  {
    name: 'compressed events as they are sent',
    async run(target) {
      const reader = await openCompressed(target, '/ticks?compress&name=gzip')
      assert.equal(reader.encoding, 'gzip')
      assert.match(reader.headers.vary!, /Accept-Encoding/)
      for (let count = 1; count <= 4; count++) {
        for (let waited = 0; !reader.text.includes(`data: ${count}\n\n`) && waited < 5_000; waited += 10)
          await pause(10)
        assert.match(reader.text, new RegExp(`data: ${count}\n\n`))
        assert.ok(!reader.text.includes(`data: ${count + 3}\n`), 'three events arrived late')
      }
      reader.disconnect()
      assert.equal((await closing(target, 'gzip')).reason, 'client')
    },
  },
  {
    name: '5 MB in one compressed event',
    async run(target) {
      const reader = await openCompressed(target, '/big?compress&name=gzip-big')
      assert.equal(reader.encoding, 'gzip')
      for (let waited = 0; !reader.ended && waited < 10_000; waited += 10) await pause(10)
      assert.ok(reader.text.includes('x'.repeat(5_000_000)))
    },
  },
  {
    name: 'headers ask nginx, and every proxy that follows RFC 10036, not to buffer',
    async run(target) {
      const { client } = await open(target, '/idle')
      const text = await client.until(': heartbeat=')
      assert.match(text, /\r\nx-accel-buffering: no\r\n/i)
      assert.match(text, /\r\nincremental: \?1\r\n/i)
      client.disconnect()
    },
  },
  {
    name: 'events as they are sent',
    async run(target) {
      const { client } = await open(target, '/ticks')
      for (let count = 1; count <= 4; count++) {
        const text = await client.until(`event: tick\ndata: ${count}\n\n`)
        assert.ok(!text.includes(`data: ${count + 2}\n`), 'two events arrived late')
      }
      client.disconnect()
    },
  },
  {
    name: 'last event id from the header',
    async run(target) {
      const { client } = await open(target, '/id', ['Last-Event-ID: a.17'])
      await client.until('event: id\ndata: "a.17"\n\n')
      client.disconnect()
    },
  },
  {
    name: 'last event id from the query',
    async run(target) {
      const { client } = await open(target, '/id?lastEventId=a.18')
      await client.until('event: id\ndata: "a.18"\n\n')
      client.disconnect()
    },
  },
  {
    name: 'last event id in UTF-8',
    async run(target) {
      const { client } = await open(target, '/id', [`Last-Event-ID: ${Buffer.from('日本').toString('latin1')}`])
      const text = Buffer.from(await client.until(/event: id\ndata: [^\n]*\n\n/), 'latin1').toString()
      assert.match(text, /data: "日本"\n\n/)
      client.disconnect()
    },
  },
  {
    name: 'a client that leaves is noticed',
    async run(target) {
      const { client, name } = await open(target, '/ticks')
      await client.until('data: 1\n')
      client.disconnect()
      assert.equal((await closing(target, name)).reason, 'client')
    },
  },
  {
    name: 'a client that leaves an idle stream is noticed',
    async run(target) {
      // workerd only notices when it writes: there it takes a heartbeat.
      const byWriting = target.engine.runtime === 'workerd'
      const { client, name } = await open(target, byWriting ? '/idle?heartbeat=1000' : '/idle')
      await client.until('heartbeat')
      client.disconnect()
      assert.equal((await closing(target, name)).reason, 'client')
    },
  },
  {
    name: 'without a heartbeat workerd does not notice that the client of an idle stream has left',
    on: ({ runtime }) => runtime === 'workerd',
    async run(target) {
      const silent = await open(target, '/idle?heartbeat=false&stallTimeout=false')
      await silent.client.until(':\n')
      silent.client.disconnect()
      await assert.rejects(closing(target, silent.name, 1_000), /has not closed within 1000 ms/)
    },
  },
  {
    name: 'one signal ends all streams that share it, without a warning of a leak',
    // workerd lets no request touch what another has made.
    on: ({ runtime }) => runtime !== 'workerd',
    async run(target) {
      const streams = await Promise.all(Array.from({ length: 30 }, () => open(target, '/idle?shared=true')))
      for (const { client } of streams) await client.until('heartbeat')
      const { client } = await open(target, '/abort')
      for (const { name } of streams) assert.equal((await closing(target, name)).reason, 'aborted')
      for (const one of [client, ...streams.map((stream) => stream.client)]) one.disconnect()
    },
  },
  {
    name: 'a client that leaves is noticed although nobody reads the body it sent',
    async run(target) {
      const { client, name } = await open(target, '/ticks', ['Content-Length: 300000'], 'POST', 'x'.repeat(300_000))
      await client.until('data: 1\n')
      client.disconnect()
      assert.equal((await closing(target, name)).reason, 'client')
    },
  },
  {
    name: 'heartbeats, and nothing else, while nothing is sent',
    async run(target) {
      const { client } = await open(target, '/idle?heartbeat=200')
      const text = await client.until(/(:\n[^:]*){3}$/)
      assert.doesNotMatch(text, /data/)
      client.disconnect()
    },
  },
  {
    name: 'a client that does not read holds the server back',
    async run(target) {
      const { client, name } = await open(target, '/flood?maxBuffer=262144&stallTimeout=60000')
      await client.until('heartbeat')
      client.socket.pause()
      const held = await settled(target, name)
      assert.ok(held < 30_000_000, `${held} bytes were taken`)
      await readOn(client, held + 1_000_000)
      assert.ok((await report(target, name)).sent > held)
      client.disconnect()
      assert.equal((await closing(target, name)).reason, 'client')
    },
  },
  {
    name: 'a client that takes nothing is cut off',
    async run(target) {
      const { client, name } = await open(target, '/flood?stallTimeout=500')
      await client.until('heartbeat')
      client.socket.pause()
      assert.equal((await closing(target, name, 10_000)).reason, 'stalled')
      client.disconnect()
    },
  },
  {
    name: 'final: the terminal id, and a 204 for whoever brings it',
    async run(target) {
      const { client } = await open(target, '/final', ['Connection: close'])
      const text = await client.end()
      assert.match(text, /data: "last"\n\nevent: sse:end\nid: sse:end\ndata: \{\}\n\n/)
      const again = await open(target, '/final', ['Connection: close', 'Last-Event-ID: sse:end'])
      const answer = await again.client.end()
      assert.match(answer, /^HTTP\/1\.1 204 /)
      assert.match(answer, /\r\ncache-control: no-store\r\n/i)
      assert.equal((await closing(target, again.name)).reason, 'final')
    },
  },
  {
    name: '5 MB in one event',
    async run(target) {
      const { port } = target
      const text = await (await fetch(`http://127.0.0.1:${port}/big?name=big`)).text()
      assert.equal(text.length, ': heartbeat=15000\ndata: ""\n\n'.length + 5_000_000 - (text.includes('=8000') ? 1 : 0))
      assert.ok(text.endsWith('x"\n\n'))
    },
  },
  {
    name: 'the age ends a stream properly',
    async run(target) {
      const { client, name } = await open(target, '/idle?maxDuration=300', ['Connection: close'])
      assert.match(bodyOf(await client.end()), /\r\n0\r\n\r\n$/)
      assert.equal((await closing(target, name)).reason, 'expired')
    },
  },
  {
    name: 'HEAD gets the head and no body',
    async run(target) {
      const { client, name } = await open(target, '/idle', ['Connection: close'], 'HEAD')
      const text = await client.end()
      assert.match(text, /\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/i)
      assert.equal(bodyOf(text), '')
      assert.equal((await closing(target, name)).reason, 'server')
    },
  },
]
