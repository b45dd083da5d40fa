// Clients that ask for the whole history at the same moment and leave when they have its last event.
import { connect } from 'node:net'

const [port, clients, events] = process.argv.slice(2).map(Number) as [number, number, number]
const LAST = Buffer.from(`{"n":${events - 1},`)

const read = () =>
  new Promise<void>((resolve, reject) => {
    let tail = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n')
    })
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      const seam = Buffer.concat([tail, chunk.subarray(0, LAST.length)])
      tail = chunk.subarray(-LAST.length)
      if (!seam.includes(LAST) && !chunk.includes(LAST)) return
      socket.destroy()
      resolve()
    })
  })

process.on('message', async () => {
  await Promise.all(Array.from({ length: clients }, read))
  process.send!('done')
})
process.on('disconnect', () => process.exit())
process.send!('ready')
