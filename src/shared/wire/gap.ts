/**
 * Why events were missed. The history does not cover the cursor: it was `trimmed`, is of another life of the log (`epoch`), lies
 * `ahead` of the newest event, or is not a cursor (`malformed`); or the reader was too `slow` for it.
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
