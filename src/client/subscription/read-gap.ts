import type { Gap } from '../../shared/wire/gap.ts'

/** A comment has the position in its data, an event has it as its id. */
export function readGap(data: string, given: string): Gap {
  try {
    const { id = given, ...gap } = JSON.parse(data)
    return { ...gap, id: `${id}` }
  } catch {
    return { reason: 'malformed', id: given }
  }
}
