/**
 * Measures the cost of an event for a tab that shares the connection of another tab, and how much later the event arrives. Three tabs
 * of one Chromium receive the same events at the same time: one by a subscription of its own, one that leads a hub, and one that follows it.
 */
import { fileURLToPath } from 'node:url'
import { type CDPSession, chromium as launcher, type Page } from 'playwright'
import { chromium, chromiumArgs } from '../test/chromium.ts'
import { build, figures, machine, type Results, save } from './figures.ts'
import { serve, type TabsServer } from './tabs/server.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 9)
/** Events of a round, one every so many milliseconds, as a busy channel sends them. */
const EVENTS = Number(process.env.EVENTS ?? 2_000)
const EVERY = 2
const FLOOR = 'a subscription of its own'

interface Tab {
  readonly page: Page
  readonly cdp: CDPSession
}

export async function run(): Promise<void> {
  build()
  const server = await serve(fileURLToPath(new URL('../dist', import.meta.url)))
  const browser = await launcher.launch({ executablePath: await chromium(), args: chromiumArgs })
  try {
    const context = await browser.newContext()
    const open = async (kind: string): Promise<Tab> => {
      const page = await context.newPage()
      const cdp = await context.newCDPSession(page)
      await cdp.send('Performance.enable')
      await page.goto(`${server.url}/${kind}`)
      await page.waitForFunction('globalThis.ready')
      return { page, cdp }
    }
    const tabs: Record<string, Tab> = {}
    tabs[FLOOR] = await open('subscribe')
    tabs['a hub, the tab that leads'] = await open('hub')
    tabs['a hub, a tab that follows'] = await open('hub')
    await measure(tabs, server, EVENTS / 4) // The engine compiles.
    const none = () => Object.fromEntries(Object.keys(tabs).map((name): [string, number[]] => [name, []]))
    const [cpu, late] = [none(), none()]
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, [time, delay]] of Object.entries(await measure(tabs, server, EVENTS))) {
        cpu[name]!.push(time)
        late[name]!.push(delay)
      }
    }
    await publish({ 'µs of the main thread for each event': cpu, 'ms until an event has arrived, p99': late }, server)
  } finally {
    await browser.close()
    server.close()
  }
}

async function publish(results: Results, { connections }: TabsServer): Promise<void> {
  const table = figures(results, FLOOR)
  console.log(table)
  await save(
    'tabs',
    results,
    `# Many tabs, one connection

Three tabs of one Chromium receive the same ${EVENTS} events at the same time, one every ${EVERY} ms. The first has a subscription of its own, the second
leads a hub, and the third follows it. CPU is the time that the tab's main thread spends in tasks, as the engine counts it. The delay of an event is from
\`publish()\` to the listener, on one clock. Medians of ${ROUNDS} rounds. Less is better. The server counted ${connections()} connections: that of the
subscription and that of the hub. ${machine}. Run it: \`npm run bench -- tabs\`.

${table}
`,
  )
}

/** CPU for each event in microseconds, and the 99th percentile of the delay in milliseconds, by tab. */
async function measure(
  tabs: Record<string, Tab>,
  server: TabsServer,
  count: number,
): Promise<Record<string, readonly [cpu: number, late: number]>> {
  const before = await Promise.all(Object.values(tabs).map(busy))
  await Promise.all(Object.values(tabs).map(({ page }) => page.evaluate('globalThis.delays = []')))
  await server.send(count, EVERY)
  const all: Record<string, readonly [number, number]> = {}
  for (const [index, [name, tab]] of Object.entries(tabs).entries()) {
    await tab.page.waitForFunction(`globalThis.delays.length >= ${count}`)
    const delays = (await tab.page.evaluate('globalThis.delays')) as number[]
    if (delays.length !== count) throw new Error(`${name} has received ${delays.length} of ${count} events`)
    const cpu = (await busy(tab)) - before[index]!
    const late = delays.sort((one, other) => one - other)[Math.floor(count * 0.99)]!
    all[name] = [(cpu * 1e6) / count, late]
  }
  return all
}

/** Seconds that the tab's main thread was busy. */
async function busy({ cdp }: Tab): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')!.value
}
