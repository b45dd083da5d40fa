import { EventwireError } from '../../shared/errors.ts'
import { END_EVENT } from '../../shared/wire/names.ts'
import type { AppendOptions, Cursor, NewEntry } from './event-log.ts'

/** The refusal of an entry behind the end. */
export function ended(purpose: string): EventwireError {
  return new EventwireError('closed', `${purpose}: the log has ended; create a new one`)
}

/** The refusal of a batch whose condition does not hold. */
export function conflict(purpose: string, head: Cursor): EventwireError {
  return new EventwireError('conflict', `${purpose}: the log is at ${head}; read it and decide again`)
}

/** The refusal of a batch that alone is over the bound. */
export function tooLarge(purpose: string, bytes: number, maxBytes: number): EventwireError {
  return new EventwireError('event-too-large', `${purpose}: ${bytes} bytes are over maxBytes, ${maxBytes}; send less`)
}

/** Whether the batch is an end that asks for nothing else: it may be repeated. */
export function isPlainEnd(entries: readonly NewEntry[], { after, epoch }: AppendOptions): boolean {
  return !entries[1] && entries[0]!.type === END_EVENT && (after ?? epoch) === undefined
}

/** Whether an entry of the batch stands behind an end of the same batch. */
export function endsEarly(entries: readonly NewEntry[]): boolean {
  return entries.slice(0, -1).some(({ type }) => type === END_EVENT)
}

/**
 * Holds a batch against the head of a log.
 *
 * @returns whether to append it; if not, it repeats the end, whose position is `head`.
 * @throws {EventwireError} `closed` or `conflict`.
 */
export function admit(
  purpose: string,
  entries: readonly NewEntry[],
  options: AppendOptions,
  head: Cursor,
  hasEnded: boolean,
): boolean {
  const [now] = head.split('.')
  const { after = head, epoch = now } = options
  if (hasEnded ? !isPlainEnd(entries, options) : endsEarly(entries)) throw ended(purpose)
  if (after !== head || epoch !== now) throw conflict(purpose, head)
  return !hasEnded
}
