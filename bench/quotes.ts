/**
 * The figures that pages quote from the results of benchmarks and from the size limits. Each `#` of a text stands for one figure.
 * `node bench/quotes.ts` writes them into the pages.
 */

import { median } from './harness.ts'
import { limit, type Quote, ratioToFloor, results, rivals, writeQuotes } from './quoted.ts'

const SIZE = 'kB in a bundle, min + gzip'
const FLOOR = 'floor: res.write'
const BROADCAST = '5,000 clients'

const kilobytes = (contestant: string): string => median(results('startup')[SIZE]![contestant]!).toFixed(1)
const about = (contestant: string): string => median(results('startup')[SIZE]![contestant]!).toFixed(0)
const under = (name: string): string => `${Math.ceil(limit(name))}`
const broadcast = (): string => ratioToFloor('fanout', BROADCAST, 'eventwire', FLOOR).toFixed(2)
const broadcastOnFetch = (): string => ratioToFloor('fanout', BROADCAST, 'eventwire, Fetch on srvx', FLOOR).toFixed(2)
const bestOther = (): string =>
  Math.min(...rivals('fanout', BROADCAST).map((name) => ratioToFloor('fanout', BROADCAST, name, FLOOR))).toFixed(2)

export const quotes: readonly Quote[] = [
  {
    page: 'README.md',
    text: `On node:http a broadcast to ${BROADCAST} costs # times the CPU of a hand-written \`res.write\` loop; through Fetch responses on srvx it costs # times. The best other library needs # times`,
    figures: [broadcast, broadcastOnFetch, bestOther],
  },
  {
    page: 'README.md',
    text: '`subscribe` is about # kB and a server stream about # kB, minified and gzipped',
    figures: [() => about('eventwire/client: subscribe'), () => about('eventwire/node: createStream')],
  },
  {
    page: 'docs/index.md',
    text: 'title: About # kB, no dependencies',
    figures: [() => about('eventwire/client: subscribe')],
  },
  {
    page: 'docs/index.md',
    text: 'subscribe is about # kB in a page and a stream about # kB on a server',
    figures: [() => about('eventwire/client: subscribe'), () => about('eventwire/node: createStream')],
  },
  { page: 'docs/index.md', text: 'title: # × a hand-written loop', figures: [broadcast] },
  {
    page: 'docs/index.md',
    text: `Server CPU of a broadcast to ${BROADCAST} on node:http, beside res.write in a loop. Fetch responses on srvx need #, the best other library # in the same run.`,
    figures: [broadcastOnFetch, bestOther],
  },
  { page: 'docs/comparison.md', text: 'is # kB and enough', figures: [() => kilobytes('eventsource-parser')] },
  {
    page: 'docs/comparison.md',
    text: '| minified and gzipped, server part | # kB stream, # kB channel | # kB | # kB | # kB | – | – | # kB with its router | a program |',
    figures: [
      () => kilobytes('eventwire/node: createStream'),
      () => kilobytes('eventwire/server: createChannel'),
      () => kilobytes('better-sse'),
      () => kilobytes('hono/streaming'),
      () => kilobytes('h3: createEventStream'),
      () => kilobytes('@trpc/server + standalone adapter'),
    ],
  },
  {
    page: 'docs/comparison.md',
    text: '| minified and gzipped | # kB | 0 | # kB | # kB | # kB | # kB | # kB | # kB |',
    figures: [
      'eventwire/client: subscribe',
      'eventsource',
      'eventsource-client',
      '@microsoft/fetch-event-source',
      'sse.js',
      '@trpc/client: httpSubscriptionLink',
      '@orpc/client: RPCLink',
    ].map((contestant) => () => kilobytes(contestant)),
  },
  {
    page: 'docs/decisions/0011-size.md',
    text: '| now, kB | # | # | # | # | # | # |',
    figures: [
      'client: subscribe',
      'client: subscribe, over EventSource too',
      'client: readEvents',
      'server: createStream',
      'server: createStream, createChannel',
      'node: createStream',
    ].map((name) => () => `${limit(name)}`),
  },
  {
    page: 'docs/how-it-works.md',
    text: "less than # KiB of heap above Node's own",
    figures: [() => `${Math.ceil(aboveNode())}`],
  },
  {
    page: 'docs/channels.md',
    text: 'An event takes [# to # % more](benchmarks/history.md)',
    figures: [() => overhead(Math.min), () => overhead(Math.max)],
  },
  {
    page: 'docs/how-it-works.md',
    text: '| history | # to # % more memory than the events take on the wire.',
    figures: [() => overhead(Math.min), () => overhead(Math.max)],
  },
  {
    page: 'docs/how-it-works.md',
    text: 'About # kB, minified and gzipped; under # kB to read one response.',
    figures: [() => about('eventwire/client: subscribe'), () => under('client: readEvents')],
  },
  {
    page: 'docs/logs.md',
    text: '| one event costs | 1 µs | # µs |',
    figures: [() => (1e6 / perSecond('appended, a transaction each, NORMAL')).toFixed(0)],
  },
  {
    page: 'docs/logs.md',
    text: 'It costs # ms an event here',
    figures: [() => (1e3 / perSecond('appended, a transaction each, FULL')).toFixed(1)],
  },
  ...['1', '4', '16'].map((processes) => ({
    page: 'docs/more-than-one-machine.md',
    text: `| ${processes} | # | # | # | # |`,
    figures: [
      () => (Math.round(overRedis(processes, 'rate') / 1000) * 1000).toLocaleString('en'),
      () => ratioOverRedis(processes).toFixed(2),
      () => overRedis(processes, 'cpu').toFixed(1),
      () => overRedis(processes, 'median').toFixed(2),
    ],
  })),
]

/** KiB of heap that a connection of a channel takes above a bare response. */
function aboveNode(): number {
  const heap = results('idle')['KiB of heap']!
  return median(heap['eventwire channel']!) - median(heap['floor: bare response']!)
}

/** Per cent of memory above the bytes on the wire, over the sizes of events. */
function overhead(choose: (...values: number[]) => number): string {
  const ratios = Object.values(results('history')).map(
    (cell) => median(cell.eventwire!) / median(cell['floor: its bytes on the wire']!),
  )
  return (choose(...ratios) * 100 - 100).toFixed(0)
}

function perSecond(cell: string): number {
  return median(results('sqlite')[cell]!.eventwire!)
}

type Round = { readonly [measure: string]: number }

function overRedis(processes: string, measure: string): number {
  return median(rounds(processes, 'eventwire, redis').map((round) => round[measure]!))
}

/** The median of the ratios of one round each, because rounds share the state of the machine. */
function ratioOverRedis(processes: string): number {
  const floor = rounds(processes, 'floor: PUBLISH by hand')
  return median(rounds(processes, 'eventwire, redis').map(({ rate }, round) => rate! / floor[round]!.rate!))
}

function rounds(processes: string, contestant: string): readonly Round[] {
  return results<Round>('redis')[processes]![contestant]!
}

if (import.meta.main) writeQuotes(quotes)
