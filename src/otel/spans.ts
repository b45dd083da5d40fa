import type { PublicationMessage } from '../diagnostics/messages.ts'
import type { SpanLike, TracerLike } from './api.ts'
import type { ChannelNames } from './channel-names.ts'
import type { Guard } from './guard.ts'
import type { Handlers } from './metrics.ts'

/** `SpanKind.PRODUCER` and `SpanStatusCode.ERROR` of OpenTelemetry. */
const PRODUCER = 3
const ERROR = 2

/** Opens a span for each publication: from `publish()` until the readers at the head were written to. */
export function spanHandlers(tracer: TracerLike, propagates: boolean, guard: Guard, names: ChannelNames): Handlers {
  const spans = new WeakMap<PublicationMessage, SpanLike>()
  const end = (event: PublicationMessage, describe: (span: SpanLike) => void) => {
    const span = spans.get(event)
    if (span === undefined) return
    // Each in a guard of its own: a span that cannot be described still ends.
    for (const task of [describe, () => span.end()]) guard.call('the tracer', () => task(span), event.channel)
  }
  return {
    'eventwire:event.publishing': (event) =>
      guard.call(
        'the tracer',
        () => {
          const { 'eventwire.channel.name': name = 'channel' } = names.attributesOf(event.channel)
          const attributes = {
            'messaging.system': 'eventwire',
            'messaging.operation.type': 'send',
            'messaging.operation.name': 'publish',
            'messaging.destination.name': name,
            'eventwire.event.name': event.type,
          }
          const span = tracer.startSpan(`publish ${name}`, { kind: PRODUCER, attributes })
          spans.set(event, span)
          if (propagates) event.traceparent ??= traceparentOf(span)
        },
        event.channel,
      ),
    'eventwire:event.published': (event) =>
      end(event, (span) => void span.setAttribute('messaging.message.id', event.cursor)),
    'eventwire:event.failed': (event) =>
      end(event, (span) => {
        const { code, message } = event.error
        span.setAttribute('error.type', code)
        span.setStatus({ code: ERROR, message })
      }),
  }
}

/** The header of W3C Trace Context for what follows from a span. */
function traceparentOf(span: SpanLike): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
