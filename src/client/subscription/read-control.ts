import type { RunEnd } from '../../shared/run-end.ts'
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

/** How a run ended, in the data of its end. */
export function readHow(data: string): { how?: RunEnd } {
  try {
    const { how } = JSON.parse(data)
    return how === undefined ? {} : { how }
  } catch {
    return {}
  }
}
