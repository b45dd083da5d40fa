/**
 * Why events were missed. Either the history does not cover the cursor, or the reader was too `slow` for it. A cursor may be `trimmed`, from
 * an earlier life of the log (`epoch`), `ahead` of the newest event, or not a cursor at all (`malformed`).
 */
export type GapReason = 'trimmed' | 'epoch' | 'ahead' | 'malformed' | 'slow'

/** The server cannot continue from the cursor: events are missing before the next one. */
export interface Gap {
  /** Why. */
  readonly reason: GapReason
  /** The oldest cursor that the server still has. */
  readonly oldest?: string | undefined
  /** The position at which reading continues. */
  readonly id: string
}
