// A URL that is not a stream gets a clear report that stops there; the doctor always ends by itself, on a few connections.

import { existsSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../eventually.ts'
import { freePort } from '../../free-port.ts'
import { cert, key } from '../../node/certificate.ts'
import { eventwire, shell } from '../serve.ts'
import { startBackend } from './backend.ts'
import { authority } from './proxies.ts'
import { examined } from './run.ts'

const EVENTS = { 'Content-Type': 'text/event-stream' }

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}/events`
}

const serving = (listener: RequestListener) => listening(createServer(listener))

/** The last check and its finding, which has to be a fault. */
async function verdict(url: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<string> {
  const { code, report } = await examined(url, args, env)
  expect(code).toBe(1)
  const last = report.checks.at(-1)!
  expect([last.result, typeof last.means, typeof last.cure]).toEqual(['fault', 'string', 'string'])
  return `${last.check}: ${last.found}. ${last.means} ${last.cure}`
}

it('says that nothing listens there', async () => {
  const port = await freePort()
  expect(await verdict(`localhost:${port}`)).toMatch(/^connection: no response .+\(ECONNREFUSED\)\. Nothing listens/)
})

it('says that the host has no such name', async () => {
  expect(await verdict('http://no-such-host.invalid/')).toMatch(/^connection: .+The name of the host does not resolve/)
})

it('says that a port does not speak TLS', async () => {
  const url = await serving((_, response) => void response.end())
  expect(await verdict(`https://${url}`)).toMatch(/^connection: .+does not speak TLS\. try http:/)
})

it('says that a port speaks nothing but TLS', async () => {
  const url = await listening(createSecureServer({ cert, key }))
  expect(await verdict(`http://${url}`)).toMatch(/^connection: .+if the port speaks TLS, try https:/)
})

it('says that a certificate is refused, and takes it from an authority that is named', async () => {
  const url = await listening(createSecureServer({ cert, key }, (_, response) => void response.writeHead(404).end()))
  expect(await verdict(`https://${url}`)).toMatch(/^connection: .+The certificate is refused.+NODE_EXTRA_CA_CERTS/)
  expect(await verdict(`https://${url}`, [], { NODE_EXTRA_CA_CERTS: authority })).toMatch(/^status: 404/)
})

it('says that a port does not speak HTTP', async () => {
  const url = await listening(createTcpServer((socket) => void socket.end('SSH-2.0-Server\r\n')))
  expect(await verdict(url)).toMatch(/^connection: .+The response is not HTTP/)
})

it('says that the head is too large', async () => {
  const url = await serving(
    (_, response) => void response.writeHead(200, { ...EVENTS, 'X-Big': 'a'.repeat(20_000) }).end(),
  )
  expect(await verdict(url)).toMatch(/^connection: .+over 16 KiB.+fewer or shorter headers/)
})

it('says that nothing responds to TLS', async () => {
  const url = await listening(createTcpServer())
  expect(await verdict(`https://${url}`, ['--timeout', '1'])).toMatch(
    /^connection: no TLS handshake with .+ within 1 s\. The port accepts connections.+try http:/,
  )
})

it('says that the protocol changes', async () => {
  const url = await listening(
    createTcpServer((socket) =>
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
      ),
    ),
  )
  expect(await verdict(url)).toMatch(/^status: 101\. The server changes to another protocol/)
})

it.each([
  [404, 'no such thing\nsecond line', /^status: 404: no such thing\. /],
  [401, '', /^status: 401\. .+send the credential/],
  [500, 'oops', /^status: 500: oops\. .+see the log of the server/],
  [204, '', /^status: 204\. The server says that the stream is over/],
  [302, '', /^status: 302\. The redirect cannot be followed/],
])('says what a %i means', async (status, body, expected) => {
  const requests: string[] = []
  const url = await serving((request, response) => {
    requests.push(request.method!)
    response.writeHead(status, { 'Content-Type': 'text/plain' }).end(body)
  })
  expect(await verdict(url, ['--origin', 'https://app.example.com'])).toMatch(expected)
  // It asks for nothing else then.
  expect(requests).toEqual(['GET'])
})

it('says that a page responds', async () => {
  const url = await serving((_, response) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Hi'))
  expect(await verdict(url)).toMatch(/^content-type: text\/html is not text\/event-stream\. A page responds/)
})

it('leaves a redirect that goes in a circle', async () => {
  const url = await serving((_, response) => void response.writeHead(302, { Location: '/events' }).end())
  expect(await verdict(url)).toMatch(/^status: 302\. The redirect cannot be followed/)
})

it('leaves out of the report the password of a redirect', async () => {
  const url = await serving((request, response) => {
    if (request.url === '/there') return void response.writeHead(404).end()
    response.writeHead(302, { Location: `http://user:secret@${request.headers.host}/there` }).end()
  })
  const { text, report } = await examined(url)
  expect(report.checks.find(({ check }) => check === 'redirect')?.found).toMatch(/^redirected: 302 to http:\/\/127/)
  expect(text).not.toMatch(/user|secret/)
})

it('finds a stream whose events lack their blank lines, or everything', async () => {
  const bodies = { lines: 'data: 1\ndata: 2\n', json: '{"a":1}\n' }
  const url = await serving((request, response) => {
    response.writeHead(200, EVENTS).end(request.url === '/json' ? bodies.json : bodies.lines)
  })
  expect((await examined(url)).text).toMatch(/No event is ended by a blank line/)
  expect((await examined(url.replace('events', 'json'))).text).toMatch(/none of the fields/)
})

it('finds a body that is not compressed as its head says', async () => {
  const url = await serving(
    (_, response) => void response.writeHead(200, { ...EVENTS, 'Content-Encoding': 'gzip' }).end('data: 1\n\n'),
  )
  const { code, text } = await examined(url)
  expect(code).toBe(1)
  expect(text).toMatch(/gzip that cannot be decompressed/)
})

it('takes a compressed stream that ends without the trailer for one that has ended', async () => {
  const body = gzipSync('id: 1\ndata: 1\n\n')
  const url = await serving(
    (_, response) => void response.writeHead(200, { ...EVENTS, 'Content-Encoding': 'gzip' }).end(body.subarray(0, -8)),
  )
  const { report } = await examined(url)
  const found = (name: string) => report.checks.find(({ check }) => check === name)?.found
  expect(found('compression')).toBe('gzip, and bytes arrive as they are sent')
  expect(found('stays-open')).toMatch(/^the server ended it/)
})

it('leaves a server that floods it, compressed or not', async () => {
  const bomb = gzipSync('data: boom\n\n'.repeat(4_000_000))
  const url = await serving((request, response) => {
    response.on('error', () => {})
    if (request.url === '/bomb')
      return void response.writeHead(200, { ...EVENTS, 'Content-Encoding': 'gzip' }).end(bomb)
    response.writeHead(200, EVENTS)
    const flood = () => {
      while (!response.destroyed && response.write('data: flood\n\n'.repeat(5_000))) {}
    }
    response.on('drain', flood)
    flood()
  })
  for (const path of ['events', 'bomb']) expect((await examined(url.replace('events', path))).report.version).toBe(1)
})

it('makes at most six requests, and sends the headers of the user with each, but not to another origin', async () => {
  const backend = await startBackend()
  onTestFinished(() => backend.close())
  const seen: string[] = []
  const near = await serving((request, response) => {
    seen.push(`${request.method} ${request.headers.authorization}`)
    response.writeHead(200, EVENTS).write('id: 1\ndata: 1\n\n: sse:end\nid: sse:end\n\n')
    response.end()
  })
  await examined(near, ['-H', 'Authorization: Bearer secret', '--origin', 'https://app.example.com'])
  expect(seen.length).toBeLessThanOrEqual(6)
  expect(seen.filter((line) => line.startsWith('GET')).every((line) => line.endsWith('Bearer secret'))).toBe(true)
  const far: (string | undefined)[] = []
  const target = await serving((request, response) => {
    far.push(request.headers.authorization)
    response.writeHead(404).end()
  })
  const from = await serving((_, response) => void response.writeHead(307, { Location: `http://${target}` }).end())
  const { text } = await examined(from, ['-H', 'Authorization: Bearer secret'])
  expect(far).toEqual([undefined])
  expect(text).not.toContain('secret')
})

it('prints for people, in colour when asked, and shows control characters harmlessly', async () => {
  const url = await serving((_, response) => void response.writeHead(404).end('no\u001b[2J such thing'))
  const program = await eventwire(['doctor', url], { NO_COLOR: '', FORCE_COLOR: '1' })
  expect(await program.exited()).toBe(1)
  await eventually(() => expect(program.output()).toMatch(/1 fault, 0 warnings\n$/))
  expect(program.output()).toContain('\u001b[31mfault  \u001b[39m  status             404: no\\u001b[2J such thing\n')
  expect(program.output()).toMatch(
    /\n {9}This is not a stream, and clients do not retry it\.\n {9}Cure: check the path/,
  )
})

it.skipIf(!existsSync('/usr/bin/script'))('says on a terminal that it is watching', async () => {
  const url = await serving((_, response) => void response.writeHead(404).end())
  const program = await shell(`/usr/bin/script -qec "$EVENTWIRE doctor ${url} --timeout 3" /dev/null < /dev/null`)
  await program.exited()
  await eventually(() => expect(program.output()).toMatch(/^eventwire: watching http:\S+ for up to 3 s\r\nhttp:/))
})

it.each([
  [[], 'doctor takes one URL, not 0; for example http://localhost:3000/sse'],
  [['ws://a'], 'cannot examine "ws://a": not an http(s) URL; give http(s)://host/path'],
  [['http://a b'], 'cannot examine "http://a b": not an http(s) URL; give http(s)://host/path'],
  [['http://u:p@a'], "user and password in a URL are refused by browsers; write -H 'Authorization: Basic …'"],
  [['a', '--timeout', '0'], 'timeout "0" is not a number of seconds above 0 and up to 3600'],
  [['a', '--slow', 'x'], 'slow "x" is not a number of seconds above 0 and up to 3600'],
  [['a', '--settle', ' '], 'settle " " is not a number of seconds above 0 and up to 3600'],
  [
    ['a', '--origin', 'app.example.com'],
    'origin "app.example.com" is not an origin; write for example https://app.example.com',
  ],
  [['a', '-H', 'last-event-id: 5'], 'the doctor sends Last-Event-ID itself, with ids of the stream; leave it out'],
  [['a', '-H', 'x'], 'invalid header "x"; write \'Name: value\''],
  [['a', '--jsn'], "Unknown option '--jsn'"],
])('ends with 2 for doctor %j', async (args, message) => {
  const program = await eventwire(['doctor', ...args])
  expect(await program.exited()).toBe(2)
  await eventually(() =>
    expect(program.errors()).toBe(`eventwire: ${message}\neventwire: run eventwire --help for usage\n`),
  )
  expect(program.output()).toBe('')
})
