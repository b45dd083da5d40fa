/**
 * What does an event cost that goes from one process to others through Redis?
 *
 *     npm run bench -- redis
 *
 * Starts a `redis-server` of its own on loopback. One process publishes, another has 1, 4 or 16 receivers, each with connections of
 * its own as if it were a process of its own. Contestants take turns; each round has a new process of receivers and a new key.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { createClient } from 'redis'
import { redisLog } from '../src/server/redis/index.ts'
import { RedisServer } from '../test/redis/redis-server.ts'
import { median } from './harness.ts'
import { contestants, type Payload } from './redis/contestants.ts'

const ROUNDS = 5
const CHANNELS = [1, 4, 16]
const EVENTS = 8_000
/** Publishes under way at a time. */
const WINDOW = 100
const SINGLE = 500
const TEXT = 'x'.repeat(60)
const BASELINE = 'PUBLISH by hand'

interface Round {
  readonly rate: number
  /** Microseconds of Redis's CPU for each event. */
  readonly cpu: number
  readonly median: number
  readonly p99: number
}

export async function run(): Promise<void> {
  const server = await RedisServer.start()
  const admin = createClient({ url: server.url })
  await admin.connect()
  try {
    const results = await contest(server.url, admin)
    const text = page(results, await costs(server.url, admin))
    const folder = new URL('../docs/benchmarks/', import.meta.url)
    mkdirSync(folder, { recursive: true })
    writeFileSync(new URL('redis.md', folder), text)
    writeFileSync(new URL('redis.json', folder), `${JSON.stringify(results)}\n`)
    console.log(text)
  } finally {
    admin.destroy()
    await server.stop()
  }
}

type Admin = ReturnType<typeof createClient>
type Results = { [cell: string]: { [contestant: string]: Round[] } }

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
  await once(child, 'message')
  const done = once(child, 'message')
  const started = performance.now()
  await work()
  const [{ latencies }] = await done
  const seconds = (performance.now() - started) / 1000
  child.kill()
  await once(child, 'exit')
  return { latencies, seconds }
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

/** Commands and memory of our own log. */
async function costs(url: string, admin: Admin): Promise<string> {
  const log = redisLog({ client: createClient({ url }), key: 'costs' })
  log.follow(
    () => {},
    () => {},
  )
  await log.append({ type: 'note', data: '{}' })
  await admin.configResetStat()
  for (let n = 0; n < 1_000; n++) await log.append({ type: 'note', data: JSON.stringify(payload()) })
  const busy = await commands(admin)
  await admin.configResetStat()
  const idle = 30
  await new Promise((resolve) => setTimeout(resolve, idle * 1000))
  const quiet = (await commands(admin)).get('evalsha') ?? 0
  await log.close()
  const inside = [...busy].filter(([name]) => name !== 'evalsha' && name !== 'config|resetstat' && name !== 'info')
  const perEvent = inside.map(([name, calls]) => `${name} ${(calls / 1_000).toFixed(2)}`).join(', ')
  const memory = []
  for (const size of [100, 1_000]) memory.push(`${await memoryOf(url, admin, size)} B for a payload of ${size} B`)
  return `- Commands: ${((busy.get('evalsha') ?? 0) / 1_000).toFixed(2)} for each event (one script, which runs ${perEvent}, info 1.00 itself);
  ${(quiet / idle).toFixed(2)} for each second without events, log and process (\`checkInterval\`).
- Memory of Redis for each event kept: ${memory.join(', ')}.`
}

async function commands(admin: Admin): Promise<Map<string, number>> {
  const info = await admin.info('commandstats')
  return new Map([...info.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(([, name, calls]) => [name!, Number(calls)]))
}

async function memoryOf(url: string, admin: Admin, size: number): Promise<number> {
  const key = `memory-${size}`
  const log = redisLog({ client: createClient({ url }), key })
  const data = JSON.stringify('x'.repeat(size - 2))
  for (let n = 0; n < 100; n++) {
    await Promise.all(Array.from({ length: 100 }, () => log.append({ type: 'note', data })))
  }
  await log.close()
  const bytes = await admin.sendCommand(['MEMORY', 'USAGE', `eventwire:{${key}}`, 'SAMPLES', '0'])
  return Math.round(Number(bytes) / 10_000)
}

function page(results: Results, costs: string): string {
  const of = (rounds: Round[], what: keyof Round) => median(rounds.map((round) => round[what]))
  const rows = Object.entries(results).flatMap(([channels, cell]) =>
    Object.entries(cell).map(([name, rounds]) => {
      const ratio = median(rounds.map(({ rate }, round) => rate / cell[BASELINE]![round]!.rate))
      return [
        channels,
        name,
        Math.round(of(rounds, 'rate')).toLocaleString('en'),
        ratio.toFixed(2),
        of(rounds, 'cpu').toFixed(1),
        of(rounds, 'median').toFixed(2),
        of(rounds, 'p99').toFixed(2),
      ].join(' | ')
    }),
  )
  return `# redis

What does an event of about 100 bytes cost that goes from one process to others through Redis? Medians of ${ROUNDS} interleaved
rounds, ${EVENTS.toLocaleString('en')} events each with ${WINDOW} under way; latency from the call of \`publish\` to the receiver, one event at a
time. Made by \`npm run bench -- redis\` on Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim()}: Redis, the publisher and
all receivers share these cores.

| receivers | contestant | events/s | ratio | Redis CPU, µs an event | latency, ms | 99 % |
| --: | --- | --: | --: | --: | --: | --: |
${rows.map((row) => `| ${row} |`).join('\n')}

Eventwire's log, by \`INFO commandstats\` and \`MEMORY USAGE\`:

${costs}
`
}
