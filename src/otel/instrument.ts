import { partsOf } from '../server/channel/channel-parts.ts'
import type { Channels } from '../server/channel/create-channels.ts'
import type { Channel } from '../server/channel/types.ts'
import { type EventwireErrorOf, invalidOption } from '../shared/errors.ts'
import { observe } from '../shared/observe.ts'
import { callUser, report } from '../shared/report.ts'
import type { MeterLike, TracerLike } from './api.ts'
import { createChannelGauges } from './channel-gauges.ts'
import { ChannelNames } from './channel-names.ts'
import { Guard } from './guard.ts'
import { Instruments } from './instruments.ts'
import { type Handlers, metricHandlers } from './metrics.ts'
import { spanHandlers } from './spans.ts'

/**
 * Options of `instrument()`.
 *
 * @example
 * import { metrics, trace } from '@opentelemetry/api'
 * import { type InstrumentOptions, instrument } from 'eventwire/otel'
 * import { createChannel } from 'eventwire/server'
 *
 * const orders = createChannel<{ changed: { id: number } }>()
 * const options: InstrumentOptions = {
 *   meter: metrics.getMeter('eventwire'),
 *   tracer: trace.getTracer('eventwire'),
 *   traceparent: true,
 *   channels: { orders },
 * }
 * const stop = instrument(options)
 * await orders.publish('changed', { id: 7 })
 * console.log(orders.stats().readers) // -> 0
 * stop()
 */
export interface InstrumentOptions {
  /** Creates the metrics. Without it nothing is measured. */
  readonly meter?: MeterLike | undefined
  /** Opens a span for each `publish()`, until the readers at the head were written to. Without it there are no spans. */
  readonly tracer?: TracerLike | undefined
  /**
   * Whether an event carries the trace context of its span to its listeners, which read it with `traceparents()`. Needs `tracer`.
   * @default false
   */
  readonly traceparent?: boolean | undefined
  /**
   * The channels to measure by name, and registries of `createChannels()`, whose channels are added up. The name is the attribute
   * `eventwire.channel.name`. Events of other channels count without a name.
   */
  readonly channels?: { readonly [name: string]: Channel<any, any> | Channels<any> } | undefined
  /**
   * Called when the meter or the tracer throws, once for each metric. Without it, `onError` of the channel concerned receives the error,
   * or of the first of `channels`; without a listener there, it is reported as uncaught.
   */
  readonly onError?: ((error: EventwireErrorOf) => void) | undefined
}

/**
 * Measures all streams, channels and subscriptions of the process with OpenTelemetry, and traces publications. Call it once, before
 * the server listens.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { metrics } from '@opentelemetry/api'
 * import { respond } from 'eventwire/node'
 * import { instrument } from 'eventwire/otel'
 * import { createChannel } from 'eventwire/server'
 *
 * const clock = createChannel<{ ping: { time: string } }>()
 * instrument({ meter: metrics.getMeter('eventwire'), channels: { clock } })
 * setInterval(() => clock.publish('ping', { time: new Date().toISOString() }), 1000)
 *
 * createServer((req, res) => {
 *   respond(clock, req, res, { from: 'start' })
 * }).listen(3000)
 *
 * @returns the function that stops measuring. Streams that are open then no longer count as active.
 * @throws {EventwireError} `invalid-option` for an option that makes no sense.
 * @see https://opentelemetry.io/docs/specs/semconv/general/metrics/
 */
export function instrument(options: InstrumentOptions): () => void {
  check(options)
  const { meter, tracer, traceparent = false, channels = {}, onError } = options
  const names = new ChannelNames(channels)
  const guard = new Guard((error, channel = names.any) => {
    if (onError !== undefined) callUser(onError, error as EventwireErrorOf)
    else (partsOf.get(channel ?? guard)?.report ?? report)(error)
  })
  const instruments = meter && new Instruments(meter, guard)
  if (instruments) createChannelGauges(instruments, names)
  const stop = observeWith(
    instruments ? metricHandlers(instruments, names) : {},
    tracer ? spanHandlers(tracer, traceparent, guard, names) : {},
  )
  return () => {
    stop()
    instruments?.stop()
  }
}

function observeWith(...all: Handlers[]): () => void {
  const byName = new Map<string, ((message: any) => void)[]>()
  for (const [name, handle] of all.flatMap((handlers) => Object.entries(handlers))) {
    const key = name.slice('eventwire:'.length)
    byName.set(key, [...(byName.get(key) ?? []), handle])
  }
  return observe((name, message) => {
    for (const handle of byName.get(name) ?? []) handle(message)
  })
}

function check(options: InstrumentOptions): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'give an object')
  const { meter, tracer, traceparent, channels, onError } = options
  if (meter === undefined && tracer === undefined)
    throw invalidOption('meter', meter, 'give a meter, a tracer, or both')
  if (meter !== undefined && typeof meter?.createCounter !== 'function') {
    throw invalidOption('meter', meter, 'give a Meter of OpenTelemetry')
  }
  if (tracer !== undefined && typeof tracer?.startSpan !== 'function') {
    throw invalidOption('tracer', tracer, 'give a Tracer of OpenTelemetry')
  }
  if (traceparent !== undefined && (typeof traceparent !== 'boolean' || (traceparent && tracer === undefined))) {
    throw invalidOption('traceparent', traceparent, 'give true or false, and a tracer')
  }
  if (onError !== undefined && typeof onError !== 'function') throw invalidOption('onError', onError, 'give a function')
  for (const [name, channel] of Object.entries(channels ?? {})) {
    // An array, a string, a Map or a Set can be iterated too.
    if (typeof channel?.[Symbol.iterator] !== 'function' || typeof channel.close !== 'function') {
      throw invalidOption(`channels.${name}`, channel, 'give a channel, or channels of createChannels()')
    }
  }
}
