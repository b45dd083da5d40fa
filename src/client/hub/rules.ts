import { parseCursor } from '../../shared/wire/cursor.ts'
import type { ConnectionName } from './posts.ts'

/** The progress of a tab. */
export interface Progress {
  /** Everything up to here has been received for the topics that the tab has joined. */
  readonly cursor: string
  /** The newest ids, in order of arrival, of a server whose ids are not cursors of a channel and have no order of their own. */
  readonly recent: readonly string[]
}

export function isSame(one: ConnectionName, other: ConnectionName): boolean {
  return one.term === other.term && one.leader === other.leader && one.n === other.n
}

/** By how many events a cursor is behind another one; `undefined` where they have no common order. */
function distance(id: string, cursor: string): number | undefined {
  const [one, other] = [parseCursor(id), parseCursor(cursor)]
  return one && one.epoch === other?.epoch ? one.sequence - other.sequence : undefined
}

/** The decision of a tab about a connection. */
export type Verdict = 'follow' | 'gap' | 'ask'

/**
 * The rules of the hand-over. They are separate functions so that the interleaving test can disable each one and check that a fault
 * follows.
 * `docs/decisions/0031-hub.md` explains them.
 */
export const rules = {
  /** The fence: posts of an earlier leader or connection are ignored. */
  isBefore(one: ConnectionName, other: ConnectionName): boolean {
    if (one.term !== other.term) return one.term < other.term
    return one.leader === other.leader ? one.n < other.n : one.leader < other.leader
  },

  /** A connection without one of the joined topics would move the cursor past its events. */
  covers(topics: readonly string[], joined: readonly string[]): boolean {
    return joined.every((name) => topics.includes(name))
  },

  /** An event up to the cursor was received before, over another connection. */
  isReceived(id: string, { cursor, recent }: Progress): boolean {
    const ahead = distance(id, cursor)
    return ahead === undefined ? id === cursor || recent.includes(id) : ahead <= 0
  },

  /**
   * Decides on a connection that delivers all events behind `from`. `own`: the request carried the tab's own cursor, so another
   * request would have the same result.
   */
  judge(from: string, own: boolean, progress: Progress): Verdict {
    if (this.isReceived(from, progress)) return 'follow'
    return own || distance(from, progress.cursor) === undefined ? 'gap' : 'ask'
  },

  /** Whether a batch is the next one. Behind a missing batch, events must not move the cursor. */
  isNext(seq: number, expected: number): boolean {
    return seq === expected
  },

  /** The earliest of some cursors, `''` for none. Cursors that cannot be compared stay in their order. */
  earliest(cursors: readonly string[]): string {
    return cursors.reduce((one, other) => (one === '' || distance(other, one)! < 0 ? other : one), '')
  },

  /** Whether a tab follows a later leader that this leader does not know: this leader then needs a later term. */
  isOutdated(own: { term: number; leader: string }, seen: { term: number; leader: string }): boolean {
    return seen.term > own.term || (seen.term === own.term && seen.leader !== own.leader && seen.leader !== '')
  },
}

export type Rules = typeof rules
