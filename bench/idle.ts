/**
 * The cost of an idle connection. Connections are opened to each server in a process of its own, and left alone; heap and
 * resident memory are taken after a collection, before and after. Accepting is the server's CPU time for each of them.
 */
import { build, figures, machine, type Results, save } from './figures.ts'
import { contestants } from './idle/contestants.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const WARM_UP = 500
const CONNECTIONS = 4_000
const KIB = 1024
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

interface Costs {
  readonly heap: number
  readonly rss: number
  readonly cpu: number
}

export async function run(): Promise<void> {
  build()
  const empty = () => Object.fromEntries(names.map((name) => [name, [] as number[]]))
  const heap = empty()
  const resident = empty()
  const accept = empty()
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      const cost = await connections(name)
      heap[name]!.push(cost.heap / KIB)
      resident[name]!.push(cost.rss / KIB)
      accept[name]!.push(cost.cpu)
    }
  }
  const results: Results = { 'KiB of heap': heap, 'KiB resident': resident, 'µs of CPU to accept': accept }
  const table = figures(results, 'floor: bare response')
  console.log(table)
  if (only !== undefined) return
  await save(
    'idle',
    results,
    `# Idle connections

${CONNECTIONS.toLocaleString('en')} connections to each server, opened and left alone, with the heartbeat that each library has by default (hono,
h3 and tRPC have none). The floors answer with the head and the first bytes that ours has. A connection's share of heap and of resident memory, taken after a collection, and the server's CPU time
to accept it; medians of ${ROUNDS} rounds, a new process each time. Less is better. ${machine}.
Run it: \`npm run bench -- idle\`.

${table}
`,
  )
}

async function connections(name: string): Promise<Costs> {
  const server = start('idle/server.ts', [name], SERVER_CORE)
  const { port, path = '/' } = await reply<{ port: number; path?: string }>(server)
  const costs = () => {
    server.send('costs')
    return reply<Costs>(server)
  }
  const connect = async (count: number) => {
    const load = start('fanout/load.ts', [String(port), String(count), path], LOAD_CORE)
    await reply(load)
    return load
  }
  const warm = await connect(WARM_UP)
  try {
    const before = await costs()
    const load = await connect(CONNECTIONS)
    const after = await costs()
    stop(load)
    const share = (part: keyof Costs) => (after[part] - before[part]) / CONNECTIONS
    return { heap: share('heap'), rss: share('rss'), cpu: share('cpu') }
  } finally {
    stop(warm, server)
  }
}
