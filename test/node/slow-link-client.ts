// Reads prices, confirms them, and prints how old the newest one was: the median and the maximum, in milliseconds.
import { Agent, get, request } from 'node:http'
import { constants, createGunzip } from 'node:zlib'
import { createParser } from '../../src/index.ts'

/** Half of the round trip that a longer way would add: what arrives is handled later, and what is sent leaves later. */
const WAY = 25
const WARM_UP = 2_000
const DURATION = 6_000

const [host, port, acceptEncoding = ''] = process.argv.slice(2)
const server = { host, port, path: '/?client=page' }
const agent = new Agent({ keepAlive: true })
const parser = createParser({
  onMessage: ({ type, data, id }) => {
    if (id !== '') lastEventId = id
    if (type === 'price') newest = Math.max(newest, JSON.parse(data).at)
  },
})
let [newest, lastEventId, confirmed] = [0, '', '']
let bytes = 0

get({ ...server, headers: { 'Accept-Encoding': acceptEncoding } }, (response) => {
  response.on('data', ({ length }) => {
    bytes += length
  })
  const isCompressed = response.headers['content-encoding'] === 'gzip'
  const body = isCompressed ? response.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : response
  body.on('data', (chunk) => setTimeout(() => parser.feed(chunk), WAY))
})

setInterval(() => {
  if (lastEventId === confirmed) return
  confirmed = lastEventId
  const headers = { 'Last-Event-ID': confirmed }
  const post = () => {
    const sent = request({ ...server, agent, method: 'POST', headers }, (response) => response.resume())
    sent.on('error', () => {}).end()
  }
  setTimeout(post, WAY)
}, WAY)

const ages: number[] = []
const start = performance.now()
const sampling = setInterval(() => {
  const passed = performance.now() - start
  if (passed > WARM_UP) ages.push(Date.now() - newest)
  if (passed < WARM_UP + DURATION) return
  clearInterval(sampling)
  ages.sort((one, other) => one - other)
  console.log(JSON.stringify({ median: ages[ages.length >> 1], max: ages.at(-1), rate: Math.round(bytes / passed) }))
  process.exit()
}, 10)
