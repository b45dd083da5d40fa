import { execFileSync } from 'node:child_process'
import { compare } from '../fanout/contest.ts'

const CLIENTS = [10, 100, 1_000, 10_000]
const NAMES = ['eventwire', 'floor: res.write', 'floor: socket.write']

/** Microseconds of CPU for each event delivered, with more and more clients: all numbers of them take turns in the same rounds. */
export async function byClients(rounds: number) {
  const allowed = openFiles()
  const possible = CLIENTS.filter((clients) => clients + 100 <= allowed)
  const entrants = NAMES.flatMap((name) => possible.map((clients) => ({ name, clients })))
  const costs = await compare(entrants, { rounds })
  const results: Record<string, Record<string, number[]>> = {}
  for (const [index, { name, clients }] of entrants.entries()) {
    const cell = `${name}, µs for each event delivered`
    results[cell] ??= {}
    results[cell][shownClients(clients)] = costs[index]!
  }
  const cannot = CLIENTS.filter((clients) => !possible.includes(clients)).map(
    (clients) => [shownClients(clients), `this machine allows ${allowed} open files`] as const,
  )
  return { results, cannot: Object.fromEntries(cannot) }
}

function shownClients(clients: number): string {
  return `${clients.toLocaleString('en')} clients`
}

/** The hard limit of open files for a process; Node raises its own limit to that. */
function openFiles(): number {
  if (process.platform === 'win32') return Number.POSITIVE_INFINITY
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}
