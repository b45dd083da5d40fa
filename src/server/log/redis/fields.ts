import { END_EVENT } from '../../../shared/wire/names.ts'
import type { LogEntry, NewEntry } from '../event-log.ts'
import { type Position, toCursor } from '../position.ts'

/** Reads a position as the script writes it: `epoch-sequence`, the sequence in decimal. */
export function positionOf(text: string): Position {
  const dash = text.indexOf('-')
  return { epoch: text.slice(0, dash), sequence: Number(text.slice(dash + 1)) }
}

/** An entry as text: name, topics and key as JSON in a line, then the payload as it is. */
export function pack({ type, data, topics, key, forget, traceparent }: NewEntry): string {
  const head: unknown[] = [type, topics ?? null, key ?? null, forget ? 1 : null, traceparent ?? null]
  while (head.at(-1) === null) head.pop()
  return `${JSON.stringify(head)}\n${data}`
}

/** How the end of a log begins as text. */
export const END: string = JSON.stringify([END_EVENT]).slice(0, -1)

/** The name and key under which an entry supersedes earlier ones, as the script expects it. */
export function signedKey({ type, key, forget }: NewEntry): string {
  return key === undefined ? '' : `${forget ? '-' : '+'}${JSON.stringify([type, key])}`
}

type Head = readonly [
  type: string,
  topics?: readonly string[] | null,
  key?: string | null,
  forget?: 1 | null,
  traceparent?: string,
]

/** The events of a log are mostly of a few kinds, and those of a batch of one. */
let lastHead = '[""]'
let lastFields: Head = ['']

export function unpack(text: string, { epoch, sequence }: Position): LogEntry {
  const end = text.indexOf('\n')
  const head = text.slice(0, end)
  if (head !== lastHead) {
    lastFields = JSON.parse(head)
    lastHead = head
  }
  const [type, topics, key, forget, traceparent] = lastFields
  return {
    type,
    data: text.slice(end + 1),
    topics: topics ?? undefined,
    key: key ?? undefined,
    forget: forget === 1 || undefined,
    traceparent,
    cursor: toCursor(epoch, sequence),
  }
}

/** Reads a notification: the last position, the length of each entry, and in the next line the entries. */
export function unpackAll(message: string): { readonly first: Position; readonly entries: readonly LogEntry[] } {
  const end = message.indexOf('\n')
  const [position, ...lengths] = message.slice(0, end).split(' ')
  const { epoch, sequence } = positionOf(position!)
  const first = sequence - lengths.length + 1
  let from = end + 1
  const entries = lengths.map((length, index) => {
    const text = message.slice(from, from + Number(length))
    from += Number(length)
    return unpack(text, { epoch, sequence: first + index })
  })
  if (from !== message.length || entries.length === 0) throw new SyntaxError('not a notification')
  return { first: { epoch, sequence: first }, entries }
}

/** A new epoch, as Redis counts it and as it stands in cursors: 52 random bits, so that a number holds it exactly. */
export function newRedisEpoch(): [number: string, name: string] {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2))
  const number = (high! >>> 12) * 2 ** 32 + low! + 1
  return [`${number}`, number.toString(36)]
}
