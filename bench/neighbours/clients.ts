// Clients in a process of their own that note when each event arrives, and one that stops reading. Clocks of processes agree: both read
// the machine's monotonic one.
import { connect, type Socket } from 'node:net'
import { MARK } from '../fanout/protocol.ts'

const [port, path, readers] = process.argv.slice(2)
const mark = MARK.charCodeAt(0)
const arrivals: number[][] = Array.from({ length: Number(readers) }, () => [])
let expected = 0
let left = 0

function ask(): Socket {
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`)
  return socket.on('error', () => {})
}

function note(own: number[], chunk: Buffer): void {
  const now = Number(process.hrtime.bigint())
  for (let at = chunk.indexOf(mark); at !== -1; at = chunk.indexOf(mark, at + 1)) {
    own.push(now)
    left--
  }
  if (expected > 0 && left === 0) {
    expected = 0
    process.send!({ arrivals })
  }
}

process.on('message', ({ expect = 0, stall = false }: { expect?: number; stall?: boolean }) => {
  if (stall) {
    const stalled = ask()
    stalled.once('data', () => {
      stalled.pause()
      process.send!('stalled')
    })
    return
  }
  expected = expect
  left = expect * arrivals.length
  for (const own of arrivals) own.length = 0
  process.send!('ready')
})
process.on('disconnect', () => process.exit())
const heads = arrivals.map((own) => {
  const socket = ask()
  const begun = new Promise((resolve) => socket.once('data', resolve))
  socket.on('data', (chunk) => note(own, chunk))
  return begun
})
await Promise.all(heads)
process.send!('reading')
