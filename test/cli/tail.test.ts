// `eventwire tail` prints what a server sends: for people on a terminal, exactly in a pipe, and it stays connected.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defineEvents, text } from '../../src/index.ts'
import type { EventWriter } from '../../src/server/index.ts'
import { collectEvents } from '../../src/testing/index.ts'
import { eventually } from '../eventually.ts'
import type { Running } from '../programs.ts'
import { type Events, eventwire, serve, shell } from './serve.ts'

const manifest = await readFile('package.json', 'utf8')

/** Waits for the program to exit and for its output to contain this, as far as it reaches the test. */
async function printed(program: Running, output: string | RegExp): Promise<number | null> {
  const code = await program.exited()
  await eventually(() => expect(program.output()).toMatch(output))
  return code
}

function sendAll(stream: EventWriter<Events>): void {
  stream.send('ping', { time: '12:00', n: [1, 2] }, { id: '7' })
  stream.send('message', 'hi')
  stream.send('done', undefined)
  stream.close({ final: true })
}

describe('in a pipe', () => {
  it('prints the stream as it stands on the wire, and ends with 0 when the server ends it for good', async () => {
    const { url } = await serve(sendAll)
    const program = await eventwire(['tail', url])
    expect(await printed(program, /done/)).toBe(0)
    expect(program.output()).toBe(
      'event: ping\nid: 7\ndata: {"time":"12:00","n":[1,2]}\n\ndata: "hi"\n\nevent: done\ndata: \n\n',
    )
    expect(program.errors()).toBe('')
  })

  it('keeps everything, control characters too, so that it can be read again', async () => {
    const hostile = 'one\n\u001b[2J\u0007two\u009b31m'
    const { url } = await serve((stream) => {
      stream.send('message', hostile)
      stream.close({ final: true })
    })
    const program = await eventwire(['tail', url])
    expect(await printed(program, /\n\n$/)).toBe(0)
    const events = defineEvents({ message: text() })
    const [event] = await collectEvents(new Blob([program.output()]).stream(), { events })
    expect(JSON.parse(event!.data)).toBe(hostile)
  })

  it('ends quietly when its reader has seen enough', async () => {
    const { url } = await serve((stream) => {
      const timer = setInterval(() => stream.send('tick', 1), 5)
      stream.closed.then(() => clearInterval(timer))
    })
    const program = await shell(`$EVENTWIRE tail ${url} | head -n 1; echo "code \${PIPESTATUS[0]}"`)
    expect(await printed(program, /code/)).toBe(0)
    expect(program.output()).toBe('event: tick\ncode 0\n')
    expect(program.errors()).toBe('')
  })
})

describe('on a terminal', () => {
  const FORCED = { FORCE_COLOR: '1', NO_COLOR: '' }

  it('lays out time, name, id and JSON, in colour', async () => {
    const { url } = await serve(sendAll)
    const program = await eventwire(['tail', url], FORCED)
    expect(await printed(program, /done/)).toBe(0)
    const time = '\u001b[2m<time>\u001b[22m'
    const name = (name: string) => `\u001b[1m\u001b[36m${name}\u001b[39m\u001b[22m`
    const id = '\u001b[2mid 7\u001b[22m'
    expect(program.output().replace(/\d\d:\d\d:\d\d\.\d{3}/g, '<time>')).toBe(
      [
        `${time}  ${name('ping')}  ${id}`,
        '  {',
        '    \u001b[34m"time"\u001b[39m: \u001b[32m"12:00"\u001b[39m,',
        '    \u001b[34m"n"\u001b[39m: [',
        '      \u001b[33m1\u001b[39m,',
        '      \u001b[33m2\u001b[39m',
        '    ]',
        '  }',
        `${time}  ${name('message')}  ${id}`,
        '  \u001b[32m"hi"\u001b[39m',
        `${time}  ${name('done')}  ${id}`,
        '',
      ].join('\n'),
    )
  })

  it('leaves a short payload of one member on one line', async () => {
    const { url } = await serve((stream) => {
      stream.send('ping', { time: '12:00' })
      stream.send('count', [1])
      stream.send('none', {})
      stream.send('long', { text: 'x'.repeat(80) })
      stream.send('deep', { deep: { n: 1 } })
      stream.close({ final: true })
    })
    const program = await eventwire(['tail', url], FORCED)
    expect(await printed(program, /deep/)).toBe(0)
    const shown = program.output().replaceAll(/\u001b\[\d\d?m/g, '')
    expect(shown.replaceAll(/^\S+ {2}\w+\n/gm, '')).toBe(
      [
        '  { "time": "12:00" }',
        '  [1]',
        '  {}',
        `  {\n    "text": "${'x'.repeat(80)}"\n  }`,
        '  {\n    "deep": {\n      "n": 1\n    }\n  }\n',
      ].join('\n'),
    )
  })

  it.skipIf(!existsSync('/usr/bin/script'))('says once that it is connected, before any event', async () => {
    const { url } = await serve((stream) => stream.close({ final: true }))
    const program = await shell(`/usr/bin/script -qec "$EVENTWIRE tail ${url}" /dev/null < /dev/null`)
    expect(await printed(program, /connected/)).toBe(0)
    expect(program.output()).toBe(`eventwire: connected to ${url}\r\n`)
  })

  it('shows control characters, and obeys none of them', async () => {
    const hostile = '\u001b]0;title\u0007\u001b[2J\u009b31m\u007f\u202e\b'
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write(`event: name${hostile}\nid: id${hostile}\ndata: a\tb\ndata: data${hostile}\n\n`)
      response.end(`data: "json${hostile.replace(/[\0-\x1f]/g, '')}"\n\nevent: sse:end\ndata: {}\n\n`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const program = await eventwire(['tail', `http://127.0.0.1:${port}/`], FORCED)
    expect(await printed(program, /json/)).toBe(0)
    // Without our own colours nothing is left that is not text.
    const shown = program.output().replaceAll(/\u001b\[\d\d?m/g, '')
    expect(shown).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202e]/)
    const escaped = '\\u001b]0;title\\u0007\\u001b[2J\\u009b31m\\u007f\\u202e\\u0008'
    expect(shown).toContain(`  name${escaped}  id id${escaped}\n  a\tb\n  data${escaped}\n`)
    expect(shown).toContain('\n  "json]0;title[2J\\u009b31m\\u007f\\u202e"\n')
  })

  it.skipIf(!existsSync('/usr/bin/script'))('knows a real one, and honours NO_COLOR', async () => {
    const { url } = await serve(sendAll)
    const program = await shell(`/usr/bin/script -qec "$EVENTWIRE tail ${url}" /dev/null < /dev/null`)
    expect(await printed(program, /done/)).toBe(0)
    expect(program.output().replace(/\d\d:\d\d:\d\d\.\d{3}/g, '<time>')).toContain(
      '<time>  ping  id 7\r\n  {\r\n    "time": "12:00",\r\n    "n": [\r\n      1,\r\n      2\r\n    ]\r\n  }\r\n',
    )
  })
})

describe('--json', () => {
  it('prints one object a line, with the JSON as it came and other data as a string', async () => {
    const wire = [
      'event: ping\nid: 7\ndata: {"n": 12345678901234567890,\ndata: "s": "\u009b31m"}\n\n',
      'data: no JSON\ndata: at all\n\n',
      'event: done\ndata\n\n',
    ]
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.end(`${wire.join('')}event: sse:end\ndata: {}\n\n`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const program = await eventwire(['tail', '--json', `127.0.0.1:${(server.address() as AddressInfo).port}`])
    expect(await printed(program, /done/)).toBe(0)
    const lines = program.output().split('\n')
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(lines[0]).toContain('"data":{"n": 12345678901234567890, "s": "\\u009b31m"}}')
    expect(lines.slice(0, 3).map((line) => JSON.parse(line))).toEqual([
      { time, type: 'ping', id: '7', data: { n: Number('12345678901234567890'), s: '\u009b31m' } },
      { time, type: 'message', id: '7', data: 'no JSON\nat all' },
      { time, type: 'done', id: '7', data: '' },
    ])
    expect(lines.slice(3)).toEqual([''])
  })
})

describe('--event and --once', () => {
  it('print the events of these names only', async () => {
    const { url } = await serve(sendAll)
    const program = await eventwire(['tail', url, '--event', 'message', '--event=done'])
    expect(await printed(program, /done/)).toBe(0)
    expect(program.output()).toBe('id: 7\ndata: "hi"\n\nevent: done\ndata: \n\n')
  })

  it('end after the first such event', async () => {
    let closed: Promise<unknown> | undefined
    const { url } = await serve((stream) => {
      closed = stream.closed
      stream.send('ping', 1)
      stream.send('message', 'hi')
      stream.send('message', 'again')
    })
    const program = await eventwire(['tail', url, '--once', '--event', 'message'])
    expect(await printed(program, /hi/)).toBe(0)
    expect(program.output()).toBe('data: "hi"\n\n')
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('end with 1 when the server ends the stream before', async () => {
    const { url } = await serve(sendAll)
    const program = await eventwire(['tail', url, '--once', '--event', 'other'])
    expect(await program.exited()).toBe(1)
    await eventually(() =>
      expect(program.errors()).toBe('eventwire: the server ended the stream before the event arrived\n'),
    )
    expect(program.output()).toBe('')
  })
})

describe('the connection', () => {
  it('carries the headers and the cursor that were given', async () => {
    const { url, requests } = await serve(sendAll)
    const args = ['--header', 'Authorization: Bearer a:b', '-H', 'X-Room:lobby', '--last-event-id', '6']
    expect(await (await eventwire(['tail', url, ...args])).exited()).toBe(0)
    expect(requests[0]!.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Bearer a:b',
      'x-room': 'lobby',
      'last-event-id': '6',
    })
  })

  it('is made again after a restart of the server, from the last event, and says so', async () => {
    const first = await serve((stream) => stream.send('n', 1, { id: '1' }))
    const program = await eventwire(['tail', first.url])
    await program.line(/data: 1\n/)
    await first.close()
    await eventually(() => expect(program.errors()).toMatch(/; retrying in \d+\.\d s\n/))
    const cursors: string[] = []
    await serve((stream) => {
      cursors.push(stream.lastEventId)
      stream.send('n', 2, { id: '2' })
    }, first.port)
    await program.line(/data: 2\n/)
    expect(program.output()).toBe('event: n\nid: 1\ndata: 1\n\nevent: n\nid: 2\ndata: 2\n\n')
    expect(cursors).toEqual(['1'])
    await eventually(() => expect(program.errors()).toMatch(/\neventwire: connected again, after event 1\n$/))
    expect(program.errors()).toMatch(/^(eventwire: .+; retrying in \d+\.\d s\n)+eventwire: connected again.+\n$/)
  })

  it('is made again after the server has ended the stream', async () => {
    let count = 0
    const { url } = await serve((stream) => {
      stream.send('n', ++count)
      if (count === 1) stream.close()
    })
    const program = await eventwire(['tail', url])
    await program.line(/data: 2\n/)
    await eventually(() =>
      expect(program.errors()).toMatch(
        /^eventwire: the server ended the stream; retrying in 0\.\d s\neventwire: connected again\n$/,
      ),
    )
  })

  it('reports missing events', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.end('event: sse:gap\nid: 9\ndata: {"reason":"trimmed"}\n\ndata: 1\n\nevent: sse:end\ndata: {}\n\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const program = await eventwire(['tail', `http://127.0.0.1:${(server.address() as AddressInfo).port}`])
    expect(await printed(program, /data: 1/)).toBe(0)
    await eventually(() =>
      expect(program.errors()).toBe('eventwire: events are missing: the server no longer has them (trimmed)\n'),
    )
  })

  it('ends without a trace at Ctrl-C', async () => {
    let closed: Promise<unknown> | undefined
    const { url } = await serve((stream) => {
      closed = stream.closed
      stream.send('n', 1)
    })
    const program = await eventwire(['tail', url])
    await program.line(/data: 1\n/)
    // Ended by the signal itself, which a shell reports as 130.
    expect(await program.stop('SIGINT')).toBe(null)
    expect(program.errors()).toBe('')
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it.each([
    [['-d', '{"stream": true}'], 'POST', 'application/json', '{"stream": true}'],
    [['--data=a=b', '-X', 'PUT'], 'PUT', 'application/x-www-form-urlencoded', 'a=b'],
    [['-d', '{}', '-H', 'content-type: text/x'], 'POST', 'text/x', '{}'],
    [['-d', '@package.json'], 'POST', 'application/json', manifest],
    [['--request', 'post'], 'POST', undefined, ''],
  ])('sends a request as curl does: %j', async (args, method, type, body) => {
    const bodies: string[] = []
    const { url, requests } = await serve(async (stream) => {
      bodies.push(await textOf(requests[0]!))
      stream.send('answer', 'hi')
      stream.close()
    })
    const program = await eventwire(['tail', url, ...args])
    expect(await printed(program, /hi/)).toBe(0)
    expect(program.output()).toBe('event: answer\ndata: "hi"\n\n')
    expect(requests.map((request) => [request.method, request.headers['content-type']])).toEqual([[method, type]])
    expect(bodies).toEqual([body])
  })

  it('ends with 1 at once for a port that fetch refuses', async () => {
    const program = await eventwire(['tail', '127.0.0.1:9'])
    expect(await program.exited()).toBe(1)
    await eventually(() =>
      expect(program.errors()).toBe(
        'eventwire: connection to http://127.0.0.1:9/ failed: bad port; fetch refuses this port, serve on another\n',
      ),
    )
  })

  it('says in plain words that the server was killed', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const program = await eventwire(['tail', `127.0.0.1:${(server.address() as AddressInfo).port}`])
    await program.line(/data: 1\n/)
    server.closeAllConnections()
    await eventually(() =>
      expect(program.errors()).toMatch(
        /^eventwire: the server closed the connection \(connection to http:\S+ failed: .+\); retrying in \d\.\d s\n/,
      ),
    )
  })

  it('ends with 1 when the server refuses, and shows what it says, harmlessly', async () => {
    const server = createServer((_, response) => {
      response.writeHead(403, { 'Content-Type': 'text/plain' }).end('not for you\u001b[2J\nask\u0007 again')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const program = await eventwire(['tail', url])
    expect(await program.exited()).toBe(1)
    await eventually(() =>
      expect(program.errors()).toBe(
        [
          `eventwire: ${url} responded with 403; a stream needs 200`,
          'eventwire:   not for you\\u001b[2J',
          'eventwire:   ask\\u0007 again',
          '',
        ].join('\n'),
      ),
    )
  })
})

describe('the command line', () => {
  it.each([
    [[], 'no command given'],
    [['listen'], 'unknown command listen'],
    [['tial', 'a'], 'unknown command tial; did you mean tail?'],
    [['Demo'], 'unknown command Demo; did you mean demo?'],
    [['localhost:3000/sse'], 'unknown command localhost:3000/sse; did you mean tail localhost:3000/sse?'],
    [['tail'], 'tail takes one URL, not 0; for example http://localhost:3000/sse'],
    [['tail', 'a', 'b'], 'tail takes one URL, not 2; for example http://localhost:3000/sse'],
    [['tail', 'a', '--colour'], "Unknown option '--colour'"],
    [['tail', 'a', '--event'], "Option '--event <value>' argument missing"],
    [['tail', 'a', '--header', 'Authorization'], 'invalid header "Authorization"; write \'Name: value\''],
    [['tail', 'a', '-H', 'a b: c'], 'invalid header "a b: c"; write \'Name: value\''],
    [['tail', 'a', '-X', 'GE T'], 'invalid method "GE T"; write for example -X POST'],
    [['tail', 'a', '-X', 'CONNECT'], 'invalid method "CONNECT"; write for example -X POST'],
    [['tail', 'a', '-X', 'get', '-d', '{}'], 'get cannot carry data; write for example -X POST'],
    [
      ['tail', 'a', '-d', '@/no/such/file'],
      "cannot read the data: ENOENT: no such file or directory, open '/no/such/file'",
    ],
    [['tail', 'ftp://a'], 'cannot subscribe to "ftp://a": not an http(s) URL; give http(s)://host/path'],
    [['demo', '80'], 'demo takes only --port <number>, but 80 was given'],
    [['demo', '--port', 'x'], 'port "x" is not a number from 0 to 65535'],
    [['demo', '--port', '65536'], 'port "65536" is not a number from 0 to 65535'],
  ])('ends with 2 for %j', async (args, message) => {
    const program = await eventwire(args)
    expect(await program.exited()).toBe(2)
    await eventually(() =>
      expect(program.errors()).toBe(`eventwire: ${message}\neventwire: run eventwire --help for usage\n`),
    )
    expect(program.output()).toBe('')
  })

  it.each([['--help'], ['-h'], ['help'], ['help', 'tail'], ['tail', '--help'], ['tail', '-h'], ['demo', '--help']])(
    'explains itself',
    async (...args) => {
      const program = await eventwire(args)
      expect(await printed(program, /^Usage: eventwire <command>\n[\s\S]+130 {2}Ctrl-C\n$/)).toBe(0)
    },
  )

  it('knows its version', async () => {
    expect(await printed(await eventwire(['--version']), /^\d+\.\d+\.\d+\S*\n$/)).toBe(0)
  })
})
