import { type Check, fault, ok } from '../finding.ts'
import { ownEvents } from '../reading.ts'

/** Whether the bytes are events. */
export const format: Check = ({ stream }) => {
  const { pieces, lines, excerpt } = stream
  if (pieces.length === 0) return undefined
  if (lines > 0) {
    const own = ownEvents(stream).length
    return ok(
      `${pieces.length} ${pieces.length === 1 ? 'piece' : 'pieces'} with ${own} ${own === 1 ? 'event' : 'events'}`,
    )
  }
  const fields = /^(data|event|id):/m.test(excerpt)
  // An event that is only long is not over.
  if (fields && !/\n(data|event|id):/.test(excerpt)) return undefined
  const found = `${stream.received} bytes and no event`
  if (!fields) {
    const means = 'The body has none of the fields data, event, id and retry, so clients deliver nothing.'
    return fault(found, means, 'write each event as "data: …" and a blank line; encodeEvent() does')
  }
  return fault(found, 'No event is ended by a blank line, so clients deliver nothing.', 'end each event with "\\n\\n"')
}
