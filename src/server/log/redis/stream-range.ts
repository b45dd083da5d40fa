import type { LogEntry } from '../event-log.ts'
import { type At, unpack } from './fields.ts'

/** Answers that say that Redis is about to be there. */
const SOON = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/

/** An entry as it stands in the stream. */
export interface Stored {
  readonly sequence: number
  readonly entry: LogEntry
  /** When Redis took it, by its own clock. */
  readonly at: number
}

/** What Redis has after a position, and what it vouches for. */
export interface Excerpt {
  readonly epoch: string
  readonly newest: number
  readonly oldest: number
  /** The entries after the position, dense; none when it is not vouched for. */
  readonly entries: readonly Stored[]
}

/** Whether another try may help: the connection broke, or Redis is not ready yet. Other answers of Redis are final. */
export function isPassing(cause: unknown): boolean {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause))
  if (cause instanceof SyntaxError || cause instanceof TypeError) return false
  return (name !== 'ReplyError' && !/^[A-Z]{3,} /.test(message)) || SOON.test(message)
}

/** Reads what the script answers. */
export function excerptOf([epoch, newest, oldest, ...rest]: string[], after: At | undefined): Excerpt {
  const entries = []
  for (let index = 0; index < rest.length; index += 2) {
    const sequence = after!.sequence + 1 + index / 2
    const entry = unpack(rest[index + 1]!, { epoch: epoch!, sequence })
    entries.push({ sequence, entry, at: Number(rest[index]) })
  }
  return { epoch: epoch!, newest: Number(newest), oldest: Number(oldest), entries }
}
