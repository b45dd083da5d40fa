// Two clients in a process of their own: one reads, the other comes later and stops after the head.
import { connect } from 'node:net'

const [port, path] = process.argv.slice(2)
const ask = () =>
  connect(Number(port), '127.0.0.1', function (this: import('node:net').Socket) {
    this.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`)
  })
const reading = ask().on('data', () => {})
reading.once('data', () => process.send!('reading'))
let stalled: import('node:net').Socket
process.once('message', () => {
  stalled = ask().on('error', () => {})
  stalled.once('data', () => {
    stalled.pause()
    process.send!('stalled')
  })
})
reading.on('error', () => {})
process.on('disconnect', () => process.exit())
