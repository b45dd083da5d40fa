import { parseCursor } from '../../shared/wire/cursor.ts'

/** By how many events a cursor is behind another one; `undefined` where they have no common order. */
function distance(id: string, cursor: string): number | undefined {
  const [one, other] = [parseCursor(id), parseCursor(cursor)]
  return one && one.epoch === other?.epoch ? one.sequence - other.sequence : undefined
}

/** The decision of a tab about a connection. */
export type Verdict = 'follow' | 'gap' | 'ask'

/**
 * The rules of the hand-over. They are separate methods so that the interleaving test can disable each one and check that a fault
 * follows.
 * `docs/decisions/0031-hub.md` explains them.
 */
export class Rules {
  /** Everything up to here has been received, for all topics that the tab has joined. */
  cursor = ''
  /** The newest ids, in order of arrival, of a server whose ids are not cursors of a channel and have no order of their own. */
  recent: string[] = []

  /** The fence: posts of an earlier leader or connection are ignored. */
  isBefore(stamp: number, known: number): boolean {
    return stamp < known
  }

  /** A connection without one of the joined topics would move the cursor past its events. */
  covers(topics: readonly string[], joined: readonly string[]): boolean {
    return joined.every((name) => topics.includes(name))
  }

  /** An event up to the cursor was received before, over another connection. */
  isReceived(id: string): boolean {
    const ahead = distance(id, this.cursor)
    return ahead === undefined ? id === this.cursor || this.recent.includes(id) : ahead <= 0
  }

  /**
   * Decides on a connection that delivers all events behind `from`. `own`: the request carried the tab's own cursor, so another
   * request would have the same result.
   */
  judge(from: string, own: boolean): Verdict {
    if (this.isReceived(from)) return 'follow'
    return own || distance(from, this.cursor) === undefined ? 'gap' : 'ask'
  }

  /** Whether a batch is the next one. Behind a missing batch, events must not move the cursor. */
  isNext(seq: number, expected: number): boolean {
    return seq === expected
  }

  /** The earliest of some cursors, `''` for none. Cursors that cannot be compared stay in their order. */
  earliest(cursors: readonly string[]): string {
    return cursors.reduce((one, other) => (one === '' || distance(other, one)! < 0 ? other : one), '')
  }

  /** Whether a tab follows a later leader that this leader does not know. */
  isOutdated(own: number, seen: number): boolean {
    return seen > own
  }
}
