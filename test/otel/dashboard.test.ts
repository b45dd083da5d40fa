// The Grafana dashboard asks for what the exporter really exports, under its names and labels, and leaves nothing out.
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { instrument } from '../../src/otel/index.ts'
import { createChannel, memoryLog } from '../../src/server/index.ts'
import { createTestServer } from '../../src/testing/index.ts'
import { root } from '../programs.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'
import { type Scrape, startPrometheus } from './prometheus.ts'

interface Panel {
  readonly id: number
  readonly title: string
  readonly description: string
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
}

const dashboard = JSON.parse(await readFile(`${root}docs/observability-dashboard.json`, 'utf8'))
const panels: readonly Panel[] = dashboard.panels
const expressions = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
)

/** The metrics that an expression selects: by name, or by a pattern that also fits the names of OTLP, which have units. */
function patternsOf(expr: string): RegExp[] {
  const named = [...expr.matchAll(/\beventwire_(?:server|channel|client)_\w+(?=[[{)\s]|$)/g)].map(([name]) => name)
  const patterns = [...expr.matchAll(/__name__=~"(.+?)"/g)].map((match) => match[1]!)
  const labels = ['eventwire_channel_name']
  return [...named.filter((name) => !labels.includes(name)), ...patterns].map((pattern) => new RegExp(`^${pattern}$`))
}

/** The labels by which an expression selects, groups or names its series. */
function labelsOf(expr: string, legend: string): string[] {
  const grouped = [...expr.matchAll(/by \((.+?)\)/g)].flatMap((match) => match[1]!.split(', '))
  const selected = [...expr.matchAll(/[{,](\w+)=/g)].map((match) => match[1]!)
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]!)
  return [...grouped, ...selected, ...shown].filter((label) => label !== '__name__')
}

let scrape: Scrape
let names: string[]

/** Does everything that is measured. */
beforeAll(async () => {
  const prometheus = await startPrometheus()
  const orders = createChannel<{ message: string }>({ log: memoryLog({ maxBytes: 4096 }) })
  const stop = instrument({ meter: prometheus.meter, channels: { orders } })
  await orders.publish('message', 'hello')
  const client = new ChannelClient(orders.response(requestAfter(), { from: 'start' }))
  await client.until(({ events }) => events.length === 1)
  const late = new ChannelClient(orders.response(requestAfter('zz.1')))
  await late.take()
  await late.disconnect()
  await expect(orders.publish('message', 'x'.repeat(5_000))).rejects.toThrow()
  const server = createTestServer()
  const subscription = subscribe('https://example.com/events', { fetch: server.fetch, retry: () => 5 })
  ;(await server.connection()).respond(503)
  await server.connection()
  subscription.close()
  scrape = await prometheus.scrape()
  names = [...scrape.samples.keys()].filter((name) => name.startsWith('eventwire_'))
  await client.disconnect()
  stop()
  await prometheus.stop()
})

describe.each(expressions)('$title: $expr', ({ expr, legendFormat }) => {
  it('selects a metric that is exported, with the labels that it has', () => {
    const patterns = patternsOf(expr)
    expect(patterns).toHaveLength(1)
    const found = names.filter((name) => patterns[0]!.test(name))
    expect(found).toHaveLength(1)
    const [[labels]] = scrape.samples.get(found[0]!)! as [readonly [string, number]]
    const own = [...labels.matchAll(/(\w+)="/g)].map((match) => match[1])
    expect(own).toEqual(expect.arrayContaining(labelsOf(expr, legendFormat)))
  })

  it('fits the names with units, which collectors add', () => {
    const units = { io: '_bytes', lag: '_seconds', duration: '_seconds', buffered: '_bytes', size: '_bytes' }
    const [pattern] = patternsOf(expr)
    const unit = Object.entries(units).find(([word]) => new RegExp(`_${word}\\b|_${word}\\(`).test(pattern!.source))
    if (unit) expect(pattern!.source).toContain(`${unit[0]}(${unit[1]})?`)
    else expect(pattern!.source).not.toMatch(/_(?:io|lag|duration|buffered|size)(?:_|\$)/)
  })
})

it('shows every metric', () => {
  const shown = expressions.flatMap(({ expr }) => patternsOf(expr))
  expect(names.length).toBeGreaterThan(15)
  const isPart = (name: string) => /_(?:sum|count)$/.test(name)
  expect(names.filter((name) => !isPart(name) && !shown.some((pattern) => pattern.test(name)))).toEqual([])
})

it('can be imported: panels with ids of their own, and a choice of the data source', () => {
  expect(dashboard).toMatchObject({ title: 'Eventwire', schemaVersion: expect.any(Number), uid: expect.any(String) })
  expect(dashboard.templating.list).toMatchObject([{ name: 'datasource', type: 'datasource', query: 'prometheus' }])
  expect(dashboard.templating.list[0]).not.toHaveProperty('current') // Grafana chooses; an empty choice does not fit its types
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  for (const { description } of panels) expect(description).toMatch(/\.$/)
})
