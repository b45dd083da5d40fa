/**
 * How does the cost of a channel grow? Broadcasting to more and more clients, over sockets; joining with a fresh cursor, and resuming
 * ten events back, with more and more history behind it; publishing to one reader, with more and more readers of other topics
 * beside it. What counts is CPU time.
 */
import { build, draw, figures, keep, machine, type Results } from './figures.ts'
import { byHistory, byTopics } from './growth/channel.ts'
import { byClients } from './growth/clients.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 7)

export async function run(): Promise<void> {
  build()
  const { results: clients, cannot } = await byClients(ROUNDS)
  const table = figures(clients, '', cannot)
  console.log(table)
  const history = await byHistory(ROUNDS)
  console.log(figures(history, ''))
  const topics = await byTopics(ROUNDS)
  console.log(figures(topics, ''))
  await keep(
    'growth',
    { machine, results: { ...clients, ...history, ...topics } },
    `# How the cost of a channel grows

Microseconds of CPU, medians of ${ROUNDS} interleaved rounds. Less is better, and the ratio is to the smallest: 1.00 throughout is a
cost that does not grow. ${machine}. Run it: \`npm run bench -- growth\`.

## With clients

What the server spends on each event that it delivers, over sockets, as in [fanout](fanout.md). The floors pass one shared
buffer to \`res.write\` of every response, or to every socket. They show how much of the growth is the platform's: ten clients
are always behind and are seldom woken, ten thousand are asleep when their event arrives.

${await section('clients', clients, table)}

## With history

Joining afresh, and resuming ten events back, in one process without sockets.

${await section('history', history)}

## With topics

Publishing to one reader while readers of other topics are there, in one process without sockets.

${await section('topics', topics)}
`,
  )
}

async function section(name: string, results: Results, table = figures(results, '')): Promise<string> {
  return `${table}\n\n${await draw(`growth-${name}`, results)}`
}
