// Reads prices, confirms them, and prints how old the newest one was: the median and the maximum, in milliseconds.
import { Agent, get, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { constants, createGunzip } from 'node:zlib'
import { createParser } from '../../src/index.ts'
import { type Interval, lateBetween, watchLateness } from './lateness.ts'
import { openRelay } from './slow-relay.ts'

/** Half of the round trip that a longer way would add: what arrives is handled later, and what is sent leaves later. */
const WAY = 25
const WARM_UP = 2_000
const DURATION = 6_000
/** Bytes that the link carries in a millisecond. */
const RATE = 100

const [host, given, acceptEncoding = '', way] = process.argv.slice(2)
const lateHere = watchLateness()
const port = way === 'relay' ? await openRelay(Number(given)) : given
const server = { host, port, path: '/?client=page' }
const agent = new Agent({ keepAlive: true })
const parser = createParser({
  onMessage: ({ type, data, id }) => {
    if (id !== '') lastEventId = id
    if (type === 'price') newest = Math.max(newest, JSON.parse(data).at)
  },
})
let [newest, lastEventId, confirmed] = [0, '', '']
/** The bytes received, and when each number of them was reached. */
let bytes = 0
const received: [at: number, bytes: number][] = [[0, 0]]

const stream = get({ ...server, headers: { 'Accept-Encoding': acceptEncoding } }, (response) => {
  response.on('error', () => {})
  response.on('data', ({ length }) => {
    bytes += length
    received.push([Date.now(), bytes])
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

/** When the newest value was published, and a time at which it was the newest. */
const samples: Interval[] = []
const start = Date.now()
const sampling = setInterval(() => {
  const now = Date.now()
  if (now - start > WARM_UP) samples.push([newest, now])
  if (now - start < WARM_UP + DURATION) return
  clearInterval(sampling)
  const total = bytes
  stream.destroy()
  void print(now, total)
}, 10)

async function print(end: number, total: number): Promise<void> {
  const lateThere = await new Promise<Interval[]>((resolve, reject) => {
    const late = get({ ...server, path: '/late' }, (response) => resolve(json(response) as Promise<Interval[]>))
    late.on('error', reject)
  })
  const late = [...lateHere, ...lateThere].sort(([one], [other]) => one - other)
  const ages = samples.map((sample) => ageOf(sample, late)).sort((one, other) => one - other)
  const passed = end - start
  const rate = Math.round(total / passed)
  const promptRate = Math.round(total / (passed - lateBetween(start, end, late)))
  console.log(JSON.stringify({ median: ages[ages.length >> 1], max: ages.at(-1), rate, promptRate }))
  process.exit()
}

/**
 * The age without the time for which the machine left one of the ends waiting. It is never less than the time that the link needed for what
 * it carried since the value was published, which does not depend on the machine.
 */
function ageOf([from, until]: Interval, late: readonly Interval[]): number {
  const carried = bytesAt(until) - bytesAt(from)
  return Math.round(Math.max(carried / RATE, until - from - lateBetween(from, until, late)))
}

function bytesAt(time: number): number {
  const next = received.findIndex(([at]) => at > time)
  return received.at(next === -1 ? -1 : next - 1)![1]
}
