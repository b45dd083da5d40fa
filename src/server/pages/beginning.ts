import { CURSOR_EVENT, END_EVENT, GAP_EVENT, LAST_EVENT_ID_QUERY } from '../../shared/wire/names.ts'
import { createParser, type Message } from '../../shared/wire/parse.ts'
import { partsOf } from '../channel/channel-parts.ts'
import type { Channel, ReaderOptions } from '../channel/types.ts'
import type { Cursor } from '../log/event-log.ts'
import { newEpoch } from '../log/position.ts'
import { createStream } from '../stream/create-stream.ts'

/** The first messages of a reader, and the position of the first page behind them. */
export interface Beginning {
  /** A gap, a snapshot, or the newest event of each key. */
  readonly messages: readonly string[]
  readonly next: Cursor
}

/**
 * Lets a stream begin, and reads what it writes up to its position. A client that polls therefore begins exactly as one that
 * streams: the same gap, the same snapshot, the same latest values, the same call of `onGap`.
 *
 * @returns `undefined` when the stream has failed or the channel closes.
 */
export async function beginning(
  channel: Channel<any, unknown>,
  lastEventId: string,
  options: ReaderOptions<any> | undefined,
): Promise<Beginning | undefined> {
  const { onGap, ...streamOptions } = partsOf.get(channel)!.streamOptions
  const mark = newEpoch()
  const stream = createStream<any>(
    new Request(`http://localhost/?${LAST_EVENT_ID_QUERY}=${encodeURIComponent(lastEventId)}`),
    {
      ...streamOptions,
      controls: 'events',
      heartbeat: false,
      done: undefined,
      compress: undefined,
      async onGap(writer, gap) {
        await onGap?.(writer, gap)
        writer.comment(mark)
      },
    },
  )
  const { topics, filter, snapshot, from } = options ?? {}
  channel.subscribe(stream, { topics, filter, snapshot, from })
  const messages: string[] = []
  const next = await readUpToPosition(stream.response.body!, mark, (message) => messages.push(JSON.stringify(message)))
  stream.close()
  return next === undefined ? undefined : { messages, next }
}

/** Passes messages on until the position is known and a gap has been reported. */
async function readUpToPosition(
  body: ReadableStream<Uint8Array>,
  mark: string,
  take: (message: Message) => void,
): Promise<Cursor | undefined> {
  let next: Cursor | undefined
  let isComplete = false
  const complete = () => {
    isComplete = true
    parser.close()
  }
  const parser = createParser({
    onMessage(message) {
      const { type, id } = message
      if (type === CURSOR_EVENT) next = id
      else if (type === GAP_EVENT) {
        next = id || undefined
        take(message)
      } else if (type !== END_EVENT) take(message)
      if (type === CURSOR_EVENT || type === END_EVENT) complete()
    },
    onComment: (text) => text === mark && next && complete(),
  })
  const reader = body.getReader()
  try {
    while (!isComplete) {
      const { done, value } = await reader.read()
      if (done) break
      parser.feed(value)
    }
  } catch {
    // The stream was terminated, which its own error has reported.
  }
  reader.cancel().catch(() => {})
  return isComplete ? next : undefined
}
