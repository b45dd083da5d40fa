/** Prices that change faster than anybody reads: the cost of a pace, how old the value is that a client holds, and memory. */
import type { ChildProcess } from 'node:child_process'
import { shown } from './chart.ts'
import { build, Collected, figures, machine, type Results, save } from './figures.ts'
import { median } from './harness.ts'
import { contestants, EVERY } from './pace/contestants.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: a Map, one res.write an interval'
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const DURATION = Number(process.env.DURATION ?? 2_500)
const WARM_UP = DURATION / 10
/** Rounds until memory has settled: a log is full, and the collector has found its sizes. */
const SETTLING = 2
const RATE = 20
const FEW = { keys: 100, clients: 20 }
const MANY = { keys: 1_000, clients: 100 }
const cells = {
  cpu: `µs of CPU each ms, publishing included, ${FEW.keys} keys, ${FEW.clients} clients`,
  age: 'ms of age of what a client holds, p99',
  growth: `MB of growth in ${DURATION / 1_000} s, ${MANY.keys} keys, ${MANY.clients} clients`,
}
/** The cost of publishing for each contestant: a server of its own without clients, which takes its turn like those with clients. */
const alone: Record<string, number[]> = {}
const only = process.env.CONTESTANTS?.split(';')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

interface Scene {
  readonly keys: number
  readonly clients: number
}

interface Pair {
  readonly name: string
  readonly server: ChildProcess
  readonly load: ChildProcess
  /** Publishes as well, without a client. */
  readonly quiet: ChildProcess | undefined
  /** Resident memory at the end of the last round. */
  rss: number
}

interface Cost {
  readonly cpu: number
  readonly rss: number
}

export async function run(): Promise<void> {
  build()
  const collected = new Collected()
  await inTurns(FEW, names, 0, (pair, { cpu }, p99) => {
    collected.add(cells.cpu, pair.name, cpu)
    collected.add(cells.age, pair.name, p99)
  })
  await inTurns(MANY, names.slice(0, 3), SETTLING, (pair, { rss }) => {
    collected.add(cells.growth, pair.name, (rss - pair.rss) / 1_000_000)
    pair.rss = rss
  })
  const table = figures(collected.results, FLOOR)
  console.log(`${withoutPublishing(collected.results)}\n\n${table}`)
  if (only !== undefined || process.env.DURATION !== undefined) return
  await save('pace', collected.results, page(table, collected.results))
}

function page(table: string, results: Results): string {
  const floor = EVERY + 1_000 / RATE - 10
  return `# Data that is faster than its readers

Each key changes ${RATE} times a second, each event in a tick of its own. Clients receive one write each ${EVERY} ms, or every event at once. The tables show the server's
CPU, the age of the values that a client holds, and how much resident memory grows once it has settled. Ages are sampled each 10 ms; the interval alone makes about ${floor} ms at p99.

Servers and their clients take turns, ${ROUNDS} rounds of ${DURATION / 1_000} s. Medians; less is better. None of the other libraries in the comparison has keys or a pace. So better-sse
sends every event, and the Map is what one would write by hand. ${machine}. Run it: \`npm run bench -- pace\`.

${withoutPublishing(results)}

${table}
`
}

/** The figure that readers cost, which is less than what publishing varies by. */
function withoutPublishing(results: Results): string {
  const cost = (name: string) => median(results[cells.cpu]![name]!) - median(alone[name]!)
  const [paced, unpaced] = [cost(`eventwire every: ${EVERY}`), cost('eventwire, every event at once')]
  const ratio = (Math.max(0, paced) / unpaced).toFixed(2)
  return `Without publishing, which a server without clients measures beside each, \`every: ${EVERY}\` costs ${shown(paced)} µs each ms, and every event at once ${shown(unpaced)}: ${ratio} ×.`
}

/** Opens each contestant once; then they publish by turns, so that a busy moment of the machine meets all of them. */
async function inTurns(
  scene: Scene,
  contestants: readonly string[],
  settling: number,
  use: (pair: Pair, cost: Cost, p99: number) => void,
): Promise<void> {
  const pairs: Pair[] = []
  try {
    for (const name of contestants) pairs.push(await open(name, scene))
    for (let round = 0; round < settling + ROUNDS; round++) {
      for (const pair of pairs) {
        const { name, server, load, quiet } = pair
        if (quiet !== undefined) {
          await costs(quiet, WARM_UP)
          alone[name] ??= []
          alone[name].push((await costs(quiet, DURATION)).cpu)
        }
        await costs(server, WARM_UP)
        load.send('begin')
        const cost = await costs(server, DURATION)
        load.send('end')
        const { p99 } = await reply<{ p99: number }>(load)
        if (round >= settling) use(pair, cost, p99)
        else pair.rss = cost.rss
      }
    }
  } finally {
    for (const { server, load, quiet } of pairs) stop(load, server, ...(quiet ? [quiet] : []))
  }
}

async function open(name: string, scene: Scene): Promise<Pair> {
  const { keys, clients } = scene
  const publish = async () => {
    const server = start('pace/server.ts', [name, `${keys}`, `${RATE}`], SERVER_CORE)
    return { server, ...(await reply<{ port: number }>(server)) }
  }
  const { server, port } = await publish()
  const quiet = scene === FEW ? (await publish()).server : undefined
  const load = start('pace/load.ts', [`${port}`, `${clients}`], LOAD_CORE)
  await reply(load)
  return { name, server, load, quiet, rss: 0 }
}

/** Publishes for some milliseconds. */
function costs(server: ChildProcess, duration: number): Promise<Cost> {
  server.send(duration)
  return reply<Cost>(server)
}
