import type { Subscription } from '../client/subscription/subscription.ts'
import { TRACE_COMMENT } from '../shared/wire/names.ts'

/** The number of trace contexts that are kept for events whose listeners have not been called yet. */
const MOST = 1_024

/**
 * Reads the trace contexts that events carry, from the call on.
 *
 * @example
 * import { context, propagation, trace } from '@opentelemetry/api'
 * import { subscribe } from 'eventwire/client'
 * import { traceparents } from 'eventwire/otel'
 *
 * const subscription = subscribe<{ ping: { time: string } }>('https://example.com/events')
 * const traceparentOf = traceparents(subscription)
 * subscription.on('ping', (_, event) => {
 *   const parent = propagation.extract(context.active(), { traceparent: traceparentOf(event) })
 *   const span = trace.getTracer('page').startSpan('show the time', {}, parent)
 *   span.end()
 *   console.log(traceparentOf(event)) // -> undefined
 * })
 *
 * @returns the `traceparent` of an event; `undefined` for an event that was published without one.
 */
export function traceparents(
  subscription: Pick<Subscription<any>, 'onComment'>,
): (event: { readonly id: string }) => string | undefined {
  const byId = new Map<string, string>()
  subscription.onComment((text) => {
    if (!text.startsWith(TRACE_COMMENT)) return
    const [id, traceparent] = text.slice(TRACE_COMMENT.length).split(' ')
    byId.set(id!, traceparent!)
    const [oldest] = byId.keys()
    if (byId.size > MOST) byId.delete(oldest!)
  })
  return ({ id }) => byId.get(id)
}
