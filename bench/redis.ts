/**
 * The cost of an event that goes from one process to others through Redis.
 *
 *     npm run bench -- redis
 *
 * Starts a `redis-server` of its own on loopback. One process publishes, another has 1, 4 or 16 receivers, each with connections of
 * its own as if it were a process of its own. Contestants take turns; each round has a new process of receivers and a new key.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createClient } from 'redis'
import { RedisServer } from '../test/redis/redis-server.ts'
import { keep, machine } from './figures.ts'
import { reply } from './processes.ts'
import { contestants, type Payload } from './redis/contestants.ts'
import { type Admin, costs } from './redis/costs.ts'
import { page, type Results, type Round } from './redis/page.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const CHANNELS = [1, 4, 16]
const EVENTS = 8_000
/** Publishes under way at a time. */
const WINDOW = 100
const SINGLE = 500
const TEXT = 'x'.repeat(60)

export async function run(): Promise<void> {
  if (!RedisServer.installed) {
    const missing = 'redis is left out: there is no redis-server on the path; npm run setup brings it'
    if (process.env.CI) throw new Error(missing)
    return console.log(missing)
  }
  const server = await RedisServer.start()
  const admin = createClient({ url: server.url })
  await admin.connect()
  try {
    const results = await contest(server.url, admin)
    const made = { rounds: ROUNDS, events: EVENTS, window: WINDOW }
    const text = await page(results, await costs(server.url, admin, payload), made)
    console.log(text)
    await keep('redis', { machine, results }, text)
  } finally {
    admin.destroy()
    await server.stop()
  }
}

async function contest(url: string, admin: Admin): Promise<Results> {
  const results: Results = {}
  for (const channels of CHANNELS) {
    const cell: Record<string, Round[]> = {}
    results[channels] = cell
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of Object.keys(contestants)) {
        cell[name] ??= []
        cell[name].push(await hold(name, url, admin, channels))
      }
    }
  }
  return results
}

async function hold(name: string, url: string, admin: Admin, channels: number): Promise<Round> {
  await admin.flushAll()
  const publisher = await contestants[name]!.publisher(url, 'bench')
  const publish = (payload: Payload) => publisher.publish(payload)
  const { latencies } = await measured(name, url, channels, SINGLE, async () => {
    for (let n = 0; n < SINGLE; n++) await publish(payload())
  })
  const before = await cpuOf(admin)
  const { seconds } = await measured(name, url, channels, EVENTS, () => publishMany(publish, EVENTS))
  const cpu = ((await cpuOf(admin)) - before) / EVENTS
  await publisher.close()
  return { rate: EVENTS / seconds, cpu: cpu * 1e6, ...latencies }
}

async function measured(name: string, url: string, channels: number, events: number, work: () => Promise<void>) {
  const file = new URL('redis/followers.ts', import.meta.url)
  const child = fork(file, [name, url, 'bench', `${channels}`, `${events}`])
  try {
    await reply(child)
    const done = reply<{ latencies: Pick<Round, 'median' | 'p99'> }>(child)
    const started = performance.now()
    await work()
    const { latencies } = await done
    return { latencies, seconds: (performance.now() - started) / 1000 }
  } finally {
    if (child.connected) {
      child.kill()
      await once(child, 'exit')
    }
  }
}

async function publishMany(publish: (payload: Payload) => Promise<unknown>, count: number): Promise<void> {
  let left = count
  const worker = async () => {
    while (left-- > 0) await publish(payload())
  }
  await Promise.all(Array.from({ length: WINDOW }, worker))
}

function payload(): Payload {
  return { at: `${process.hrtime.bigint()}`, text: TEXT }
}

async function cpuOf(admin: Admin): Promise<number> {
  const info = await admin.info('cpu')
  const seconds = (name: string) => Number(new RegExp(`used_cpu_${name}:([\\d.]+)`).exec(info)![1])
  return seconds('sys') + seconds('user')
}
