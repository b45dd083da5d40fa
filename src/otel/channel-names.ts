import { registryOf } from '../server/channel/channel-parts.ts'
import type { Channels } from '../server/channel/create-channels.ts'
import type { Channel, ChannelStats } from '../server/channel/types.ts'
import type { AttributesLike } from './api.ts'

/** Channels, and registries of channels, by the name under which they are measured. */
type ChannelsByName = { readonly [name: string]: Channel<any, any> | Channels<any> }

/** Finds the attributes of a channel, and the figures of all of them. */
export class ChannelNames {
  readonly #channels: ChannelsByName
  readonly #attributes: Map<object | undefined, AttributesLike>

  constructor(channels: ChannelsByName) {
    this.#channels = channels
    this.#attributes = new Map(Object.entries(channels).map(([name, found]) => [found, nameAttribute(name)]))
  }

  /** One of the channels, for errors that concern none. */
  get any(): Channel<any, any> | undefined {
    return Object.keys(this.#channels).flatMap((name) => this.#listOf(name))[0]
  }

  /** The attributes of a channel; one without a name has none. */
  attributesOf(channel: object): AttributesLike {
    return this.#attributes.get(channel) ?? this.#attributes.get(registryOf.get(channel)) ?? {}
  }

  /** Calls back with the figures of each name; those of a registry are summed. */
  eachStats(call: (attributes: AttributesLike, stats: readonly ChannelStats[]) => void): void {
    for (const name of Object.keys(this.#channels)) {
      call(
        nameAttribute(name),
        this.#listOf(name).map((channel) => channel.stats()),
      )
    }
  }

  #listOf(name: string): Channel<any, any>[] {
    const found = this.#channels[name]!
    return 'stats' in found ? [found] : [...found].map(([, channel]) => channel)
  }
}

function nameAttribute(name: string): AttributesLike {
  return { 'eventwire.channel.name': name }
}
