// The clients of one contestant in a process of their own: they count marks and bytes, and chunks as the kernel hands them over.
import { connect } from 'node:net'
import { MARK } from './protocol.ts'

const [port, clients] = process.argv.slice(2, 4).map(Number)
const path = process.argv[4] ?? '/'
const AT_A_TIME = 100
const mark = MARK.charCodeAt(0)
let expected = 0
let received = 0
let bytes = 0

/** One buffer for all sockets: what is measured is the server. */
const buffer = Buffer.alloc(65_536)

function add(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port: port!,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback(length, chunk) {
          resolve()
          bytes += length
          for (let at = chunk.indexOf(mark); at !== -1 && at < length; at = chunk.indexOf(mark, at + 1)) received++
          if (expected > 0 && received >= expected) {
            process.send!({ received, bytes })
            expected = 0
          }
          return true
        },
      },
    })
    socket.on('connect', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`)
    })
    socket.on('error', reject)
  })
}

process.on('message', (count: number) => {
  expected = count
  received = 0
  bytes = 0
})
process.on('disconnect', () => process.exit())
for (let added = 0; added < clients!; added += AT_A_TIME) {
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, clients! - added) }, add))
}
process.send!('connected')
