import { END_EVENT } from '../../../shared/wire/names.ts'
import { type LogEntry, type NewEntry, toCursor } from '../event-log.ts'

/** A position as the scripts write it: `epoch-sequence`, the sequence in decimal. */
export interface At {
  readonly epoch: string
  readonly sequence: number
}

export function positionOf(text: string): At {
  const dash = text.indexOf('-')
  return { epoch: text.slice(0, dash), sequence: Number(text.slice(dash + 1)) }
}

/** An entry as text: name and topics as JSON in a line, then the payload as it is. */
export function pack({ type, data, topics }: NewEntry): string {
  return `${JSON.stringify(topics === undefined ? [type] : [type, topics])}\n${data}`
}

/** How the end of a log begins as text. */
export const END: string = pack({ type: END_EVENT, data: '' })

export function unpack(text: string, { epoch, sequence }: At): LogEntry {
  const end = text.indexOf('\n')
  const [type, topics] = JSON.parse(text.slice(0, end)) as [string, string[] | undefined]
  return { type, data: text.slice(end + 1), topics, cursor: toCursor(epoch, sequence) }
}

/** A new epoch, as Redis counts it and as it stands in cursors: 52 random bits, so that a number holds it exactly. */
export function drawEpoch(): [number: string, name: string] {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2))
  const number = (high! >>> 12) * 2 ** 32 + low! + 1
  return [`${number}`, number.toString(36)]
}
