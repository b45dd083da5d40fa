import type { GapReason } from '../../shared/wire/gap.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import type { LivePage } from '../log/live-page.ts'
import { fromCursor } from '../log/position.ts'
import { deliver, fail, isOpen, settings } from '../stream/internal.ts'
import { type CatchUp, PAGE_LENGTH } from './catch-up.ts'
import { gapFrame } from './control-frames.ts'
import { LatestValues } from './latest-values.ts'

/** Finds the first position of a reader, the cursor of the client or that of the option `from`, and begins to read there. */
export function join(catchUp: CatchUp): void {
  const { reader } = catchUp
  const { lastEventId } = reader.stream
  const { from = 'now' } = reader.options
  reader.clientCursor = lastEventId
  const cursor = lastEventId || from
  const hasCursor = lastEventId || !['now', 'start', 'latest'].includes(from)
  if (hasCursor) reader.read(cursor, PAGE_LENGTH, (page) => resumeAt(catchUp, cursor, page))
  else reader.read(undefined, 0, (page) => start(catchUp, page))
}

/** Reports a gap before anything newer. Then the reader continues behind it, or begins again. */
export function miss(catchUp: CatchUp, { oldest, newest, next }: LivePage, reason: GapReason): void {
  const { reader } = catchUp
  const fromLatest = reader.options.from === 'latest'
  const anew = fromLatest || reader.options.snapshot !== undefined
  catchUp.moveTo(anew ? newest : next)
  const begun = { status: 'gap', reason } as const
  if (fromLatest || !anew) catchUp.onBegun({ ...begun, from: catchUp.cursor })
  reportGap(catchUp, reason, oldest, anew ? undefined : next, () => {
    if (fromLatest) findLatest(catchUp, () => sendState(catchUp))
    else if (anew) sendSnapshot(catchUp, begun)
    else {
      reader.state = 'behind'
      if (next === newest) catchUp.continue()
      else catchUp.resume()
    }
  })
}

function resumeAt(catchUp: CatchUp, cursor: Cursor, page: LivePage): void {
  if (page.status === 'gap') {
    miss(catchUp, page, page.reason!)
    return
  }
  catchUp.onBegun({ status: 'resumed', from: cursor })
  catchUp.cursor = cursor
  catchUp.reader.beginAt(cursor, false)
  if (catchUp.take(page)) catchUp.resume()
}

/** Begins without a cursor. Positions count from 0: a log whose first position is another one was trimmed, which is a gap. */
function start(catchUp: CatchUp, page: LivePage): void {
  const { from, snapshot } = catchUp.reader.options
  if (from === 'latest') {
    startFromLatest(catchUp, page.oldest)
    return
  }
  const fromStart = from === 'start'
  if (fromStart && fromCursor(page.oldest)!.sequence > 0) {
    miss(catchUp, { ...page, next: page.oldest }, 'trimmed')
    return
  }
  const cursor = fromStart ? page.oldest : page.newest
  catchUp.cursor = cursor
  if (!fromStart && snapshot !== undefined) sendSnapshot(catchUp, { status: 'fresh' })
  else {
    catchUp.onBegun({ status: 'fresh', from: cursor })
    sendState(catchUp)
  }
}

function startFromLatest(catchUp: CatchUp, oldest: Cursor): void {
  findLatest(catchUp, (isIncomplete) => {
    const from = catchUp.cursor
    catchUp.onBegun(isIncomplete ? { status: 'gap', reason: 'trimmed', from } : { status: 'fresh', from })
    if (isIncomplete) reportGap(catchUp, 'trimmed', oldest, undefined, () => sendState(catchUp))
    else sendState(catchUp)
  })
}

/** Finds the newest entry of each key, to send them before later events. */
function findLatest(catchUp: CatchUp, found: (isIncomplete: boolean) => void): void {
  const { reader } = catchUp
  reader.state = 'busy'
  const { live, latest } = reader.source
  const passes = (entry: LogEntry) => (reader.group.wants(entry) ? reader.passes(entry) : undefined)
  const values = reader.options.filter ? new LatestValues(live, { passes, all: latest }) : latest
  values.catchUp((error) => {
    if (error !== undefined) fail(reader.stream, error)
    else if (isOpen(reader.stream)) {
      catchUp.moveTo(values.head!, values)
      found(values.isIncomplete)
    }
  })
}

function sendState(catchUp: CatchUp): void {
  if (catchUp.reader.options.snapshot === undefined) catchUp.begin()
  else sendSnapshot(catchUp)
}

function reportGap(
  { reader }: CatchUp,
  reason: GapReason,
  oldest: Cursor,
  next: Cursor | undefined,
  then: () => void,
): void {
  const { controls, onGap } = settings(reader.stream)
  const block = reader.sendsCursor(true)
  reader.state = 'busy'
  reader.notify('stream.gap', { reason, oldest })
  deliver(reader.stream, gapFrame(reason, oldest, next, controls, block), 0)
  if (next !== undefined && block) reader.clientCursor = next
  reader.run(() => onGap?.(reader.stream as never, { reason, oldest }), then)
}

/**
 * Calls the snapshot. The cursor is read before the call, so that events published meanwhile are sent afterwards. In a channel with
 * folds, the cursor is the position of their states, which the snapshot may read.
 */
function sendSnapshot(catchUp: CatchUp, begun?: { status: 'fresh' } | { status: 'gap'; reason: GapReason }): void {
  const { reader } = catchUp
  reader.state = 'busy'
  const send = (position = catchUp.cursor) => {
    if (!isOpen(reader.stream)) return
    if (begun) {
      catchUp.cursor = position
      catchUp.onBegun({ ...begun, from: position })
    }
    reader.run(
      () => reader.options.snapshot!(reader.stream as never),
      () => catchUp.begin(),
    )
  }
  reader.source.folds.whenExact(send)
}
