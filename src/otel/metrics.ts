import type { DiagnosticMessages } from '../diagnostics/messages.ts'
import type { ChannelNames } from './channel-names.ts'
import type { Instruments } from './instruments.ts'

/** Seconds, from a write in memory to a log over a slow network. */
const LAG_BOUNDARIES = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Seconds, from a client that disconnects at once to a page that is open all day. */
const DURATION_BOUNDARIES = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400]

/** A handler for each message. */
export type Handlers = { [Name in keyof DiagnosticMessages]?: (message: DiagnosticMessages[Name]) => void }

/** Creates the metrics of all streams, channels and subscriptions of the process. */
export function metricHandlers(create: Instruments, names: ChannelNames): Handlers {
  return {
    ...streamHandlers(create),
    ...deliveryHandlers(create, names),
    ...publicationHandlers(create, names),
    ...troubleHandlers(create, names),
  }
}

function streamHandlers(create: Instruments): Handlers {
  const active = create.upDown('eventwire.server.streams.active', '{stream}', 'Streams that are open')
  const opened = create.counter('eventwire.server.streams.opened', '{stream}', 'Streams that were opened')
  const closed = create.counter('eventwire.server.streams.closed', '{stream}', 'Streams that have closed, by reason')
  const duration = create.histogram(
    'eventwire.server.stream.duration',
    'How long streams were open',
    DURATION_BOUNDARIES,
  )
  // Streams that were opened earlier do not count as active, so they must not be subtracted.
  const known = new WeakSet<object>()
  return {
    'eventwire:stream.opened': ({ stream }) => {
      known.add(stream)
      active(1)
      opened(1)
    },
    'eventwire:stream.closed': ({ stream, info }) => {
      const reason = { 'eventwire.close.reason': info.reason }
      if (known.has(stream)) active(-1)
      closed(1, reason)
      duration(info.duration / 1000, reason)
    },
  }
}

/** Added up here and read when metrics are collected, because there is one message for each write to each client. */
function deliveryHandlers(create: Instruments, names: ChannelNames): Handlers {
  let [events, bytes] = [0, 0]
  create.total('eventwire.server.events.delivered', '{event}', 'Events that were written to clients', (observe) =>
    observe(events),
  )
  create.total('eventwire.server.io', 'By', 'Bytes that were written to clients', (observe) => observe(bytes))
  const replayed = create.totalByChannel(
    'eventwire.server.events.replayed',
    'Events that were read from the log for readers that were behind',
  )
  return {
    'eventwire:events.delivered': (delivery) => {
      events += delivery.events
      bytes += delivery.bytes
    },
    'eventwire:events.replayed': (replay) => replayed(names.attributesOf(replay.channel), replay.events),
  }
}

function publicationHandlers(create: Instruments, names: ChannelNames): Handlers {
  const published = create.totalByChannel('eventwire.server.events.published', 'Events that channels have published')
  const failures = create.counter('eventwire.server.publish.failures', '{event}', 'Events that the log did not append')
  const lag = create.histogram(
    'eventwire.server.publish.lag',
    'Time from publish() until the readers at the head were written to',
    LAG_BOUNDARIES,
  )
  return {
    'eventwire:event.published': ({ channel, duration }) => {
      const attributes = names.attributesOf(channel)
      published(attributes, 1)
      lag(duration / 1000, attributes, channel)
    },
    'eventwire:event.failed': ({ channel, error }) =>
      failures(1, { ...names.attributesOf(channel), 'error.type': error.code }, channel),
  }
}

function troubleHandlers(create: Instruments, names: ChannelNames): Handlers {
  const gaps = create.counter('eventwire.server.gaps', '{gap}', 'Clients that have missed events, by reason')
  const retries = create.counter('eventwire.client.retries', '{retry}', 'Connections that subscriptions make again')
  return {
    'eventwire:stream.gap': ({ channel, reason }) =>
      gaps(1, { ...names.attributesOf(channel), 'eventwire.gap.reason': reason }, channel),
    'eventwire:client.retry': ({ error }) => retries(1, { 'error.type': error.code }),
  }
}
