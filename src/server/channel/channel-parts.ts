import type { EventwireError } from '../../shared/errors.ts'
import type { StreamOptions } from '../stream/types.ts'
import type { PageReader } from './page-port.ts'

/** The parts of a channel that other entries of the package use, and its users do not see. */
export interface ChannelParts {
  /** The options of the streams that it opens. `eventwire/node` opens streams of its own kind with them. */
  readonly streamOptions: StreamOptions<any>
  /** Reports an error of a callback to `onError`, or as uncaught when there is no listener. Runs have none. */
  readonly report?: (error: EventwireError) => void
  /** Responds to clients that poll, where the channel has pages. */
  readonly pages?: PageReader | undefined
}

/** The parts of each channel, and of runs. */
export const partsOf: WeakMap<object, ChannelParts> = new WeakMap()

/** The `createChannels()` that each of its channels comes from. */
export const registryOf: WeakMap<object, object> = new WeakMap()
