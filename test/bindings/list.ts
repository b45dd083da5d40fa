import type { Reducer } from '../../src/index.ts'

export interface Events {
  snapshot: string[]
  added: string
  removed: string
}

/** The reducer of these tests: what is lost, doubled or out of order shows. */
export const list: Reducer<Events, readonly string[]> = {
  initial: [],
  on: { snapshot: (_, all) => all, added: (items, item) => [...items, item] },
}
