// The clients of one contestant in a process of their own. The first one keeps the value of each key, and how old it is.
import { get } from 'node:http'
import { createParser } from '../../dist/index.js'

const [port, clients] = process.argv.slice(2).map(Number)
const held = new Map<string, number>()
const ages: number[] = []

function open(onChunk: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.on('data', onChunk)
      response.once('data', () => resolve())
    })
  })
}

const parser = createParser({
  onMessage: ({ type, data }) => {
    if (type !== 'price') return
    const { key, at } = JSON.parse(data)
    held.set(key, at)
  },
})
await open((chunk) => parser.feed(chunk))
for (let count = 1; count < clients!; count++) await open(() => {})
setInterval(() => {
  const now = Date.now()
  for (const at of held.values()) ages.push(now - at)
}, 10)
process.on('message', () => {
  ages.sort((one, other) => one - other)
  process.send!({ p99: ages[Math.floor(ages.length * 0.99)] })
})
process.on('disconnect', () => process.exit())
process.send!('connected')
