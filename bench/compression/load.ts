// The clients of one contestant in a process of their own. The first one decodes what it is sent, and counts events.
import { get } from 'node:http'
import { connect } from 'node:net'
import { constants, createGunzip } from 'node:zlib'

const [port, clients] = process.argv.slice(2, 4).map(Number)
const AT_A_TIME = 100
const HEADERS = { 'Accept-Encoding': 'gzip', Accept: 'text/event-stream' }
const buffer = Buffer.alloc(65_536)
let events = 0

function add(): Promise<void> {
  return new Promise((resolve, reject) => {
    const onread = {
      buffer,
      callback: () => {
        resolve()
        return true
      },
    }
    const socket = connect({ port: port!, host: '127.0.0.1', onread })
    const lines = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.on('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n`))
    socket.on('error', reject)
  })
}

get({ port, host: '127.0.0.1', headers: HEADERS }, (response) => {
  const isCompressed = response.headers['content-encoding'] === 'gzip'
  const body = isCompressed ? response.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : response
  let rest = ''
  body.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('event: note\n')
    rest = parts.at(-1)!.slice(-12)
    events += parts.length - 1
  })
})
process.on('message', async (expected: number) => {
  for (let waited = 0; events < expected && waited < 10_000; waited += 10) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  process.send!({ events })
})
process.on('disconnect', () => process.exit())
for (let added = 1; added < clients!; added += AT_A_TIME) {
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, clients! - added) }, add))
}
process.send!('connected')
