import { instrument } from '../../../src/otel/index.ts'
import { createChannel, createStream } from '../../../src/server/index.ts'

/** Measures a stream and a channel in this runtime, for the test of runtimes.test.ts. */
export async function check(): Promise<Record<string, unknown>> {
  const values: Record<string, number> = {}
  const collects: (() => void)[] = []
  const add = (name: string) => (value: number) => {
    values[name] = (values[name] ?? 0) + value
  }
  const observable = (name: string) => ({
    addCallback: (callback: (result: { observe(value: number): void }) => unknown) =>
      void collects.push(() => callback({ observe: add(name) })),
    removeCallback: () => {},
  })
  const stop = instrument({
    meter: {
      createCounter: (name) => ({ add: add(name) }),
      createUpDownCounter: (name) => ({ add: add(name) }),
      createHistogram: (name) => ({ record: () => add(name)(1) }),
      createObservableCounter: observable,
      createObservableGauge: observable,
    },
  })
  const stream = createStream<{ message: string }>()
  stream.send('message', 'hello')
  stream.close()
  await createChannel<{ message: string }>().publish('message', 'hello')
  for (const collect of collects) collect()
  stop()
  return {
    opened: values['eventwire.server.streams.opened'],
    active: values['eventwire.server.streams.active'],
    delivered: values['eventwire.server.events.delivered'],
    published: values['eventwire.server.events.published'],
    lag: values['eventwire.server.publish.lag'],
    diagnostics: await diagnose(),
  }
}

/** The names under which `node:diagnostics_channel` has received something. */
async function diagnose(): Promise<string[]> {
  const { subscribe } = await import('node:diagnostics_channel')
  await import('../../../src/diagnostics/index.ts')
  const names: string[] = []
  for (const name of ['stream.opened', 'events.delivered', 'stream.closed']) {
    subscribe(`eventwire:${name}`, () => void names.push(name))
  }
  createStream().close()
  return names
}
