import { draw, machine, spread } from '../figures.ts'
import { median } from '../harness.ts'

export interface Round {
  /** Events a second. */
  readonly rate: number
  /** Microseconds of Redis's CPU for each event. */
  readonly cpu: number
  /** Milliseconds on the way. */
  readonly median: number
  readonly p99: number
}

export type Results = { [receivers: string]: { [contestant: string]: Round[] } }

const BASELINE = 'floor: PUBLISH by hand'

export async function page(
  results: Results,
  costs: string,
  { rounds, events, window }: { rounds: number; events: number; window: number },
): Promise<string> {
  const rows = Object.entries(results).flatMap(([receivers, cell]) =>
    Object.entries(cell).map(([name, own]) => {
      const ratio = median(own.map(({ rate }, round) => rate / cell[BASELINE]![round]!.rate))
      const columns = (['rate', 'cpu', 'median', 'p99'] as const).map((what) => spread(own.map((each) => each[what])))
      const [rate, cpu, latency, p99] = columns
      return `| ${[receivers, name, rate, ratio.toFixed(2), cpu, latency, p99].join(' | ')} |`
    }),
  )
  return `# redis

What does an event of about 100 bytes cost that goes from one process to others through Redis? Medians of ${rounds} interleaved
rounds [min–max], ${events.toLocaleString('en')} events each with ${window} under way; latency from the call of \`publish\` to the receiver, one event
at a time. Redis, the publisher and all receivers share the cores. ${machine}. Run it: \`npm run bench -- redis\`.

| receivers | contestant | events/s | × first floor | Redis CPU, µs an event | latency, ms | 99 % |
| --: | --- | --: | --: | --: | --: | --: |
${rows.join('\n')}

More is better:

${await draw('redis', rates(results))}

Eventwire's log, by \`INFO commandstats\` and \`MEMORY USAGE\`:

${costs}
`
}

function rates(results: Results) {
  return Object.fromEntries(
    Object.entries(results).map(([receivers, cell]) => [
      `events a second, ${receivers} ${receivers === '1' ? 'receiver' : 'receivers'}`,
      Object.fromEntries(Object.entries(cell).map(([name, own]) => [name, own.map(({ rate }) => rate)])),
    ]),
  )
}
