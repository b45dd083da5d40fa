// Many readers in a process of their own; they count what they get and throw it away. Run by channel tests.
import { connect } from 'node:net'

const [, , port, count] = process.argv.map(Number)
const sockets = Array.from({ length: count! }, () => {
  const socket = connect(port!, '127.0.0.1')
  socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'))
  socket.on('data', () => {})
  socket.on('error', () => {})
  return socket
})
process.on('disconnect', () => {
  for (const socket of sockets) socket.destroy()
})
