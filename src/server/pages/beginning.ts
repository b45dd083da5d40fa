import { unobserved } from '../../shared/observe.ts'
import { CURSOR_EVENT, END_EVENT, GAP_EVENT } from '../../shared/wire/names.ts'
import { createParser } from '../../shared/wire/parse.ts'
import { partsOf } from '../channel/channel-parts.ts'
import type { Channel, ReaderOptions } from '../channel/types.ts'
import type { Cursor } from '../log/event-log.ts'
import { newEpoch } from '../log/position.ts'
import { type DisconnectSource, isDisconnected, offDisconnect, onDisconnect } from '../stream/client-disconnect.ts'
import { begin, onDetached } from '../stream/internal.ts'
import { settingsOf } from '../stream/settings.ts'
import { NO_SINK } from '../stream/sink.ts'
import { Stream } from '../stream/stream.ts'
import type { EventWriter } from '../stream/types.ts'

/** The first messages of a reader, and the position of the first page behind them. */
export interface Beginning {
  /** A gap, a snapshot, or the newest event of each key. */
  readonly messages: readonly string[]
  readonly next: Cursor
}

/**
 * Lets a stream begin, and reads what it writes up to its position. A client that polls therefore begins exactly as one that
 * streams: the same gap, the same snapshot, the same latest values, the same call of `onGap`. The stream closes when the client
 * disconnects, and observers are notified only of its gap.
 *
 * @returns `undefined` when the client has disconnected or the channel closes.
 * @throws what the snapshot, `onGap` or a filter has thrown, and `log-failed`.
 */
export async function beginning(
  channel: Channel<any, unknown>,
  client: DisconnectSource,
  lastEventId: string,
  { topics, filter, snapshot, from }: ReaderOptions<any>,
): Promise<Beginning | undefined> {
  const { onGap, signal, ...streamOptions } = partsOf.get(channel)!.streamOptions
  if (isDisconnected(client) || signal?.aborted) return undefined
  const mark = newEpoch()
  const stream: Stream & EventWriter<any> = new Stream(
    settingsOf({
      ...streamOptions,
      controls: 'events',
      heartbeat: false,
      async onGap(writer, gap) {
        await onGap?.(writer, gap)
        writer.comment(mark)
      },
    }),
    lastEventId,
  )
  const messages: string[] = []
  let next: Cursor | undefined
  const complete = () => {
    parser.close()
    stream.close()
  }
  const parser = createParser({
    onMessage(message) {
      const { type, id } = message
      if (type === END_EVENT) return
      if (type !== CURSOR_EVENT) messages.push(JSON.stringify(message))
      // A gap of a reader that begins anew has no position, which follows.
      if (type === CURSOR_EVENT || type === GAP_EVENT) next = id || undefined
      if (type === CURSOR_EVENT) complete()
    },
    onComment: (text) => text === mark && next && complete(),
  })
  const detach = () => onDetached(stream)
  const sink = { ...NO_SINK, write: (bytes: Uint8Array) => parser.feed(bytes), end: detach, handleEvent: detach }
  unobserved.add(stream)
  onDisconnect(client, sink)
  begin(stream, sink, 0, signal, undefined)
  channel.subscribe(stream, { topics, filter, snapshot, from })
  const { error } = await stream.closed
  offDisconnect(client, sink)
  if (error !== undefined) throw error
  return next === undefined ? undefined : { messages, next }
}
