import { parseCursor } from './cursor.ts'

/** The digits of the greatest sequence in base 36. */
const DIGITS = 11
const OFFSET = /^[0-9a-z]{1,32}\.[0-9a-z]{11}$/

/** The offset where a client without a cursor begins, as a stream without one does. */
export const BEGIN = 'begin'
/** The offset for a cursor that no log of ours has issued. */
export const FOREIGN = 'foreign'

/** The offset of a cursor: the same position, padded so that offsets of a log sort as text. */
export function toOffset(cursor: string): string {
  if (parseCursor(cursor) === undefined) return FOREIGN
  const dot = cursor.indexOf('.') + 1
  return cursor.slice(0, dot) + cursor.slice(dot).padStart(DIGITS, '0')
}

/** The cursor of an offset; `undefined` for any other text, which a client may send. */
export function fromOffset(offset: string): string | undefined {
  const position = OFFSET.test(offset) ? parseCursor(offset) : undefined
  return position && `${position.epoch}.${position.sequence.toString(36)}`
}
