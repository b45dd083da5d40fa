import { EventwireError } from '../../shared/errors.ts'
import type { Listeners } from '../../shared/listeners.ts'
import { report } from '../../shared/report.ts'
import { controlIn } from '../../shared/wire/control-comment.ts'
import type { Gap } from '../../shared/wire/gap.ts'
import { END_EVENT, GAP_EVENT, RESERVED_PREFIX } from '../../shared/wire/names.ts'
import type { Message } from '../../shared/wire/parse.ts'
import type { TransportReceiver } from '../transport/transport.ts'
import type { Attempts } from './attempts.ts'
import type { Source } from './connection.ts'
import type { Dispatcher } from './dispatch.ts'
import type { Watchdog } from './liveness.ts'
import { readGap, readHow } from './read-control.ts'
import type { CloseInfo } from './subscription.ts'

/** The subscription, as its receivers see it. */
export interface ReceiverOwner {
  readonly source: Source
  readonly dispatcher: Dispatcher
  readonly watchdog: Watchdog
  readonly gaps: Listeners<Gap>
  readonly comments: Listeners<string>
  readonly attempts: Attempts
  opened(url: string, headers: Headers): void
  /** Closes behind the events that wait. */
  end(closed: CloseInfo): void
  /** The connection is lost, and the transport makes the next. */
  lost(error: EventwireError, reconnecting: true): void
}

/** Handles the reports of one connection: messages, control information, comments and signs of life. */
export function createReceiver(owner: ReceiverOwner, signal: AbortSignal): TransportReceiver {
  const { source, dispatcher, watchdog, attempts } = owner
  const { cursor, options } = source
  let first = true

  const moved = (id: string) => {
    cursor.received = id
    dispatcher.runInOrder(() => dispatcher.settle(cursor.track(id)))
  }

  /** Handles a control event, or the comment that stands for one. Listeners receive neither. */
  const onControl = ({ type, data, id }: Message) => {
    if (type === END_EVENT) {
      owner.end({ reason: 'server', end: 'final', ...readHow(data) })
      return
    }
    const gap = type === GAP_EVENT ? readGap(data, id) : undefined
    moved(gap ? gap.id : id)
    if (gap) dispatcher.runInOrder(() => owner.gaps.emit(gap))
  }

  const isLast = (message: Message): boolean => {
    try {
      return options.until?.(message) === true
    } catch (error) {
      report(error)
      return false
    }
  }

  return {
    open(url, headers) {
      first = true
      owner.opened(url, headers)
    },
    message(message) {
      if (message.type.startsWith(RESERVED_PREFIX)) onControl(message)
      else {
        cursor.received = message.id
        attempts.delivered = true
        if (isLast(message)) owner.end({ reason: 'until' })
        else dispatcher.accept(message)
      }
    },
    comment(text) {
      if (first) watchdog.announced(text)
      first = false
      const control = controlIn(text, cursor.received)
      if (control) onControl(control)
      else owner.comments.emit(text)
    },
    retry(delay) {
      attempts.serverRetry = delay
    },
    alive(id = cursor.received) {
      watchdog.touch()
      if (id !== cursor.received) moved(id)
    },
    ready() {
      // The watchdog may belong to the next attempt.
      if (signal.aborted) return undefined
      const ready = dispatcher.ready()
      // Silence that comes from not reading is not the server's.
      watchdog.pause(ready !== undefined)
      return ready
    },
    interrupted: (cause) =>
      dispatcher.runInOrder(() => {
        if (!signal.aborted)
          owner.lost(new EventwireError('network', `connection was interrupted: ${cause}`, { cause }), true)
      }),
  }
}
