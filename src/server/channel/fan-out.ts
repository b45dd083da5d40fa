import { END_EVENT } from '../../shared/wire/names.ts'
import { type Cursor, joinFrames, type LogEntry } from '../log/event-log.ts'
import type { Group, Groups } from './groups.ts'

/** Gives the entries of one tick to the live readers that want them; `before` is the position before the first. */
export function handOut(groups: Groups, entries: readonly LogEntry[], before: Cursor): void {
  const end = entries.findIndex(({ type }) => type === END_EVENT)
  for (const group of collect(groups, end === -1 ? entries : entries.slice(0, end))) deliver(group, before)
  if (end === -1) return
  for (const group of groups.all()) for (const reader of group.live) reader.end()
}

/** Sorts the entries by group. */
function collect(groups: Groups, entries: readonly LogEntry[]): Set<Group> {
  const found = new Set<Group>()
  for (const entry of entries) {
    for (const group of groups.matching(entry)) {
      if (group.live.size === 0) continue
      group.collected.push(entry)
      found.add(group)
    }
  }
  return found
}

/** One write for each reader, the same bytes for all that have no filter. */
function deliver(group: Group, before: Cursor): void {
  const { collected } = group
  group.collected = []
  const last = collected.at(-1)!.cursor
  let joined: Uint8Array | undefined
  for (const reader of group.live) {
    if (reader.filtered) {
      reader.receiveFiltered(collected, before)
    } else {
      joined ??= joinFrames(collected)
      reader.receive(joined, collected.length, last, before)
    }
  }
}
