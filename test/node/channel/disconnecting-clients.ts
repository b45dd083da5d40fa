// Many clients in a process of their own that stay until the server ends their streams; they report what they received and
// when. Run by channel-drain.test.ts.
import { connect } from 'node:net'
import { watchLateness } from '../lateness.ts'

const [, , port, count] = process.argv.map(Number)
const late = watchLateness()
const AT_A_TIME = 200
const endings: { at: number; retry: number; notes: number; clean: boolean }[] = []
let open = 0

function add(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port!, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'))
    let text = ''
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      if (text === '') {
        open++
        resolve()
      }
      text += chunk
    })
    socket.on('close', () => {
      const retry = Number(/retry: (\d+)/.exec(text)?.[1])
      endings.push({
        at: Date.now(),
        retry,
        notes: text.split('event: note').length - 1,
        clean: text.endsWith('\r\n0\r\n\r\n'),
      })
      if (endings.length === count) process.send!({ endings, late }, () => process.disconnect())
    })
  })
}

for (let added = 0; added < count!; added += AT_A_TIME) {
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count! - added) }, add))
}
process.send!({ open })
