import type { ChannelStats } from '../server/channel/types.ts'
import type { AttributesLike } from './api.ts'
import type { ChannelNames } from './channel-names.ts'
import type { Instruments, Observe } from './instruments.ts'

/** Creates the gauges of channels with names, which read `stats()` when metrics are collected. */
export function createChannelGauges(create: Instruments, names: ChannelNames): void {
  const gauge = (name: string, unit: string, description: string, figure: Figure) =>
    create.gauge(name, unit, description, (observe) =>
      names.eachStats((attributes, stats) => observeSum(observe, stats, figure, attributes)),
    )
  create.gauge('eventwire.channel.readers', '{stream}', 'Streams that read a channel, live or behind', (observe) =>
    names.eachStats((attributes, stats) => {
      observeSum(observe, stats, ({ live }) => live, { ...attributes, 'eventwire.reader.state': 'live' })
      observeSum(observe, stats, ({ behind }) => behind, { ...attributes, 'eventwire.reader.state': 'behind' })
    }),
  )
  gauge('eventwire.channel.buffered', 'By', 'Bytes that wait for the clients of a channel', ({ buffered }) => buffered)
  gauge('eventwire.channel.log.entries', '{entry}', 'Entries that the log holds', ({ log }) => log?.entries)
  gauge('eventwire.channel.log.size', 'By', 'Bytes that the log holds', ({ log }) => log?.bytes)
}

type Figure = (stats: ChannelStats) => number | undefined

/** Observes the sum over channels, unless none of them knows its figure. */
function observeSum(
  observe: Observe,
  stats: readonly ChannelStats[],
  figure: Figure,
  attributes: AttributesLike,
): void {
  const known = stats.map(figure).filter((value) => value !== undefined)
  if (known.length === 0 && stats.length > 0) return
  const total = known.reduce((sum, value) => sum + value, 0)
  observe(total, attributes)
}
