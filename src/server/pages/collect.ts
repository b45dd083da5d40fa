import type { EventwireError } from '../../shared/errors.ts'
import { decodeText } from '../../shared/wire/bytes.ts'
import { traceLine } from '../../shared/wire/encode.ts'
import type { PageSource } from '../channel/page-port.ts'
import { isSeveral, TopicIndex } from '../channel/topics.ts'
import type { ReaderOptions } from '../channel/types.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import { frame } from '../log/frames.ts'
import type { LiveLog } from '../log/live-log.ts'
import type { LivePage } from '../log/live-page.ts'
import { fromCursor, toCursor } from '../log/position.ts'

const LF = 10
const COLON = 58
const PAGE_LENGTH = 128
/** The most entries that one page looks at, when few of them match. */
const MOST_READ = 16_384

/** The bounds of a page. */
export interface Bounds {
  readonly maxEvents: number
  readonly maxBytes: number
}

/** The events after a position, up to the bounds. */
export interface Collected {
  /** The events as JSON. */
  readonly messages: readonly string[]
  /** The position to read on from. */
  readonly next: Cursor
  /** Whether the log has no event behind it. */
  readonly upToDate: boolean
  /** The data of the log's end, when that is reached. */
  readonly end: string | undefined
}

/** The JSON of an entry for a reader, `undefined` for one that it does not receive. */
export type Render = (entry: LogEntry) => string | undefined

/** Applies the topics and the filter of a reader, as its stream does. */
export function rendererFor(source: PageSource, { topics, filter }: ReaderOptions<any>): Render {
  const index = new TopicIndex<true>()
  index.add(topics, true)
  const matches = (names: readonly string[] | undefined) => index.find(names).length > 0
  const several = isSeveral(topics)
  return (entry) => {
    const { type, cursor: id, data } = entry
    if (!matches(entry.topics) || (filter && filter(source.decode(entry)) === false)) return undefined
    // The names of topics that the reader did not ask for may be confidential.
    const asked = several ? entry.topics?.filter((topic) => matches([topic])) : undefined
    return JSON.stringify({ type, id, data, topics: asked && [...new Set(asked)], traceparent: traceparentOf(entry) })
  }
}

/** The trace context of an entry, which a log in memory has within the bytes of its frame. */
function traceparentOf(entry: LogEntry & { readonly [frame]?: Uint8Array }): string | undefined {
  const bytes = entry[frame]
  const line =
    bytes?.[0] === COLON ? decodeText(bytes, 0, bytes.indexOf(LF)) : traceLine(entry.traceparent, entry.cursor).trim()
  return line.split(' ').at(-1) || undefined
}

/** @returns the events after a position; `undefined` when that cannot be resumed. */
export async function collect(
  live: LiveLog,
  after: Cursor,
  render: Render,
  { maxEvents, maxBytes }: Bounds,
): Promise<Collected | undefined> {
  const messages: string[] = []
  let next = after
  for (let [size, read] = [0, 0]; ; ) {
    const page = await readPage(live, next, PAGE_LENGTH)
    if (page.status === 'gap') return undefined
    for (const entry of page.entries) {
      if (messages.length >= maxEvents || size >= maxBytes) return { messages, next, upToDate: false, end: undefined }
      const message = render(entry)
      next = entry.cursor
      if (message === undefined) continue
      messages.push(message)
      size += message.length
    }
    read += page.entries.length
    next = page.next
    const upToDate = next === page.newest
    if (upToDate || read >= MOST_READ) return { messages, next, upToDate, end: page.end }
  }
}

/** The data of the end of a log, if it ends at this position, which is its head: only the entry before it shows that. */
export async function endAt(live: LiveLog, cursor: Cursor): Promise<string | undefined> {
  if (live.end !== undefined && live.head === cursor) return live.end
  const { epoch, sequence } = fromCursor(cursor)!
  return sequence === 0 ? undefined : (await readPage(live, toCursor(epoch, sequence - 1), 1)).end
}

/** A page of the log; without a cursor, its bounds. */
export function readPage(live: LiveLog, after: Cursor | undefined, limit: number): Promise<LivePage> {
  return new Promise((resolve, reject: (error: EventwireError) => void) => {
    live.read(after, limit, resolve, reject)
  })
}
