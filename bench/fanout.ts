/**
 * What does a broadcast cost the server? One channel, events of 100 bytes of JSON, N clients that read as fast as they can. Server
 * and clients are processes of their own; all contestants are connected at the same time and take turns. What counts is the
 * server's CPU time for each event delivered.
 */
import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { contestants } from './fanout/contestants.ts'
import { median } from './harness.ts'

const FLOOR = 'floor: res.write'
const CLIENTS = (process.env.CLIENTS ?? '100,1000,5000').split(',').map(Number)
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const DELIVERIES = 100_000
const A_TICK = Number(process.env.A_TICK ?? 1)
const DEADLINE = 60_000
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

interface Pair {
  readonly server: ChildProcess
  readonly load: ChildProcess
}

export async function run(): Promise<void> {
  execFileSync('npx', ['tsup'], { cwd: new URL('..', import.meta.url), stdio: 'ignore' })
  const results: Record<string, Record<string, number[]>> = {}
  for (const clients of CLIENTS) {
    results[clients] = await compare(clients)
    console.log(table({ [clients]: results[clients]! }))
  }
  const folder = new URL('../docs/benchmarks/', import.meta.url)
  await mkdir(folder, { recursive: true })
  if (only === undefined && A_TICK === 1) {
    await writeFile(
      new URL('fanout.json', folder),
      `${JSON.stringify({ node: process.version, rounds: ROUNDS, results }, null, 1)}\n`,
    )
    await writeFile(new URL('fanout.md', folder), document(results))
  }
}

async function compare(clients: number): Promise<Record<string, number[]>> {
  const pairs = new Map<string, Pair>()
  const costs: Record<string, number[]> = {}
  try {
    for (const name of names) {
      pairs.set(name, await connect(name, clients))
      costs[name] = []
    }
    const publish = Math.max(A_TICK, Math.round(DELIVERIES / clients))
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, pair] of pairs) {
        const cost = await broadcast(pair, publish, clients)
        if (round >= 0) costs[name]!.push(cost)
      }
    }
  } finally {
    for (const { server, load } of pairs.values()) {
      server.disconnect()
      load.disconnect()
    }
  }
  return costs
}

/** Server on one core and its clients on another, where the machine lets us say so. */
const PIN = spawnSync('taskset', ['--version']).status === 0

function start(file: string, args: string[], core: number): ChildProcess {
  const child = fork(new URL(`fanout/${file}`, import.meta.url), args, { execArgv: ['--max-old-space-size=4096'] })
  if (PIN) spawnSync('taskset', ['-a', '-p', '-c', String(core), String(child.pid)], { stdio: 'ignore' })
  return child
}

async function connect(name: string, clients: number): Promise<Pair> {
  const server = start('server.ts', [name], 0)
  const { port } = (await answer(server)) as { port: number }
  const load = start('load.ts', [String(port), String(clients)], 1)
  await answer(load)
  server.send('size')
  const { size } = (await answer(server)) as { size: number }
  if (size !== clients) throw new Error(`${name} has ${size} of ${clients} clients`)
  return { server, load }
}

/** @returns microseconds of the server's CPU for each event delivered. */
async function broadcast({ server, load }: Pair, publish: number, clients: number): Promise<number> {
  load.send(publish * clients)
  const received = answer(load)
  server.send({ publish, aTick: A_TICK })
  const { received: count } = (await received) as { received: number }
  if (count !== publish * clients) throw new Error(`${count} of ${publish * clients} events arrived`)
  server.send('received')
  const { cpu } = (await answer(server)) as { cpu: number }
  return cpu / count
}

async function answer(child: ChildProcess): Promise<unknown> {
  const signal = AbortSignal.timeout(DEADLINE)
  const exited = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${child.spawnargs.at(-1)} exited with ${code}`)
  })
  exited.catch(() => {})
  const [message] = await Promise.race([once(child, 'message', { signal }), exited])
  return message
}

function table(results: Record<string, Record<string, number[]>>): string {
  const lines = ['| clients | contestant | µs of CPU an event, median [min–max] | × floor |', '|---|---|---|---|']
  for (const [clients, costs] of Object.entries(results)) {
    const floor = median(costs[FLOOR] ?? Object.values(costs)[0]!)
    for (const [name, values] of Object.entries(costs)) {
      const range = `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`
      lines.push(
        `| ${clients} | ${name} | ${median(values).toFixed(2)} [${range}] | ${(median(values) / floor).toFixed(2)} |`,
      )
    }
  }
  return lines.join('\n')
}

function document(results: Record<string, Record<string, number[]>>): string {
  return `# Fan-out: what a broadcast costs the server

One channel, events of 100 bytes of JSON, each published in a tick of its own, clients that read as fast as they can. Medians of
${ROUNDS} interleaved rounds of about ${DELIVERIES.toLocaleString('en')} deliveries; server and clients in processes of their own, over loopback.
The floor hands one shared buffer to \`res.write\` of every response. Node ${process.version}. Run it: \`npm run bench -- fanout\`.

${table(results)}
`
}
