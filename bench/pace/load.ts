// The clients of one contestant in a process of their own. The first one keeps the value of each key, and how old it is.
import { get } from 'node:http'
import { createParser } from '../../dist/index.js'

const [port, clients] = process.argv.slice(2).map(Number)
const held = new Map<string, number>()
let ages: number[] | undefined

function open(onChunk: (chunk: Uint8Array) => void): Promise<void> {
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.on('data', onChunk)
      response.once('data', () => resolve())
    })
  })
}

const parser = createParser({
  onMessage: ({ data }) => {
    const { key, at } = JSON.parse(data)
    if (at !== undefined) held.set(key, at)
  },
})
await open((chunk) => parser.feed(chunk))
for (let count = 1; count < clients!; count++) await open(() => {})
setInterval(() => {
  const now = Date.now()
  for (const at of held.values()) ages?.push(now - at)
}, 10)
process.on('message', (order: 'begin' | 'end') => {
  if (order === 'begin') {
    held.clear()
    ages = []
    return
  }
  const sorted = ages!.sort((one, other) => one - other)
  ages = undefined
  process.send!({ p99: sorted[Math.floor(sorted.length * 0.99)] })
})
process.on('disconnect', () => process.exit())
process.send!('connected')
