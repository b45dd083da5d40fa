/**
 * How many events a second does one stream carry? One client, events of 100 bytes of JSON, sent as fast as the client takes
 * them. Server and client are processes of their own; contestants take turns. What counts is the server's CPU time.
 */
import type { ChildProcess } from 'node:child_process'
import { build, figures, machine, type Results, save } from './figures.ts'
import { LOAD_CORE, reply, SERVER_CORE, start, stop } from './processes.ts'
import { contestants } from './stream/contestants.ts'

const FLOOR = 'floor: res.write'
const ROUNDS = Number(process.env.ROUNDS ?? 7)
const EVENTS = 100_000
const only = process.env.CONTESTANTS?.split(',')
const names = Object.keys(contestants).filter((name) => only?.includes(name) ?? true)

export async function run(): Promise<void> {
  build()
  const pairs = new Map<string, [ChildProcess, ChildProcess]>()
  const rates: Record<string, number[]> = {}
  try {
    for (const name of names) {
      const server = start('stream/server.ts', [name], SERVER_CORE)
      const { port, path = '/' } = await reply<{ port: number; path?: string }>(server)
      const load = start('fanout/load.ts', [String(port), '1', path], LOAD_CORE)
      await reply(load)
      pairs.set(name, [server, load])
      rates[name] = []
    }
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, [server, load]] of pairs) {
        const rate = await flatOut(server, load)
        if (round >= 0) rates[name]!.push(rate)
      }
    }
  } finally {
    for (const pair of pairs.values()) stop(...pair)
  }
  const results: Results = { 'thousand events a second of CPU': rates }
  console.log(figures(results, FLOOR))
  if (only !== undefined) return
  await save(
    'stream',
    results,
    `# One stream, flat out

One client receives events of 100 bytes of JSON, sent as fast as the client takes them. Where sending returns a promise, the server awaits it;
where it does not, the loop yields to other tasks every 256 events. Medians of ${ROUNDS} interleaved rounds of ${EVENTS.toLocaleString('en')} events, in
thousand events for each second of the server's CPU. More is better. ${machine}. Run it: \`npm run bench -- stream\`.

${figures(results, FLOOR)}
`,
  )
}

async function flatOut(server: ChildProcess, load: ChildProcess): Promise<number> {
  load.send(EVENTS)
  const received = reply(load)
  server.send(EVENTS)
  await received
  server.send('received')
  const { cpu } = await reply<{ cpu: number }>(server)
  return (EVENTS / cpu) * 1000
}
