/**
 * The cost of a log in a SQLite file.
 *
 *     npm run bench -- sqlite
 *
 * Events of 120 bytes are appended by one process and read again, beside the same statements by hand. Another process follows by polling, and
 * says how long each event was on its way.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteLog } from '../src/server/log/sqlite/index.ts'
import { Collected, figures, machine, type Results, save } from './figures.ts'
import { reply } from './processes.ts'
import { type Contestant, contestants, open } from './sqlite/contestants.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 7)
const EVENT = 'x'.repeat(120)
const PAGE = 512
const FOLLOWED = 1_000
const FLOOR = 'floor: INSERT and SELECT by hand'

/** Events a second by cell: the level of synchronisation, how many events, and how many in one transaction. */
const APPENDS: { readonly [cell: string]: readonly [synchronous: string, events: number, batch: number] } = {
  'appended, a transaction each, NORMAL': ['NORMAL', 20_000, 1],
  'appended, a transaction each, FULL': ['FULL', 1_000, 1],
  'appended, 100 in a transaction, NORMAL': ['NORMAL', 50_000, 100],
  'appended, 100 in a transaction, FULL': ['FULL', 20_000, 100],
}
const REPLAY = `read again, pages of ${PAGE}`

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'eventwire-bench-'))
  try {
    const results = contest(folder)
    const latencies = { median: [] as number[], p99: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      const { median, p99 } = await followed(join(folder, `followed-${round}.db`))
      latencies.median.push(median)
      latencies.p99.push(p99)
    }
    const table = figures(results, FLOOR)
    const onTheWay = figures(
      { 'ms to another process': { 'median of 1,000': latencies.median, '99 %': latencies.p99 } },
      '',
    )
    const page = `# sqlite

What does a log in a SQLite file cost? One process appends events of ${EVENT.length} bytes with \`node:sqlite\` in WAL mode and reads them again. The
statements by hand are beside it: they keep no epoch, and check neither an end nor a bound. Events a second by the clock, medians of ${ROUNDS} interleaved
rounds with a new file each. More is better. ${machine}. Run it: \`npm run bench -- sqlite\`.

${table}

How long an event is on its way to another process, which looks every 10 ms (\`poll\`); ${FOLLOWED.toLocaleString('en')} events, one every 3 ms:

${onTheWay}
`
    console.log(page)
    await save('sqlite', results, page)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function contest(folder: string): Results {
  const collected = new Collected()
  let files = 0
  // The first round warms up.
  for (let round = -1; round < ROUNDS; round++) {
    for (const [cell, [synchronous, events, batch]] of Object.entries(APPENDS)) {
      for (const [name, make] of Object.entries(contestants)) {
        const contestant = make(join(folder, `${files++}.db`), synchronous)
        const rate = append(contestant, events, batch)
        if (round >= 0) collected.add(cell, name, rate)
        if (cell.includes('100') && synchronous === 'NORMAL' && round >= 0)
          collected.add(REPLAY, name, replay(contestant, events))
        contestant.close()
      }
    }
  }
  return collected.results
}

function append(contestant: Contestant, events: number, batch: number): number {
  const entries = Array.from({ length: batch }, () => EVENT)
  const started = performance.now()
  for (let count = 0; count < events; count += batch) contestant.append(entries)
  return events / ((performance.now() - started) / 1000)
}

function replay(contestant: Contestant, events: number): number {
  let count = 0
  const started = performance.now()
  while (count < events) {
    const read = contestant.read(count, PAGE)
    if (read === 0) throw new Error(`${count} of ${events} events were read`)
    count += read
  }
  return count / ((performance.now() - started) / 1000)
}

async function followed(file: string): Promise<{ median: number; p99: number }> {
  const database = open(file, 'NORMAL')
  const log = sqliteLog({ database, key: 'bench' })
  const child = fork(new URL('sqlite/follower.ts', import.meta.url), [file, `${FOLLOWED}`])
  try {
    await reply(child)
    const done = reply<{ median: number; p99: number }>(child)
    for (let n = 0; n < FOLLOWED; n++) {
      await log.append([{ type: 'note', data: `${process.hrtime.bigint()}` }])
      await new Promise((resolve) => setTimeout(resolve, 2 + Math.random() * 2))
    }
    return await done
  } finally {
    if (child.connected) {
      child.disconnect()
      await once(child, 'exit')
    }
    log.close()
    database.close()
  }
}
