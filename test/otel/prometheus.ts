import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

/** A sample of a scrape: the labels in the order of their names, and the value. */
export type Sample = readonly [labels: string, value: number]

/** The metrics of one scrape. */
export interface Scrape {
  readonly types: ReadonlyMap<string, string>
  readonly samples: ReadonlyMap<string, readonly Sample[]>
  /** The value of a sample, by its name and its labels: `reason="final"`. */
  value(name: string, labels?: string): number | undefined
}

/** OpenTelemetry's SDK with its Prometheus exporter, on a port of its own. */
export async function startPrometheus() {
  const exporter = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true })
  const provider = new MeterProvider({ readers: [exporter] })
  const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    provider,
    meter: provider.getMeter('eventwire'),
    scrape: async (): Promise<Scrape> => parse(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await provider.shutdown()
    },
  }
}

/** Reads the text format of Prometheus; throws for a line that is not of it. */
export function parse(text: string): Scrape {
  const types = new Map<string, string>()
  const samples = new Map<string, Sample[]>()
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\w+)$/.exec(line) ?? []
    if (name) types.set(name, type!)
    if (line === '' || line.startsWith('#')) continue
    const [, metric, labels = '', value] = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/i.exec(line) ?? []
    if (metric === undefined) throw new Error(`not a line of Prometheus: ${line}`)
    const sorted = [...labels.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(String).sort().join()
    samples.set(metric, [...(samples.get(metric) ?? []), [sorted, Number(value)]])
  }
  return {
    types,
    samples,
    value: (name, labels = '') => samples.get(name)?.find(([own]) => own === labels)?.[1],
  }
}
