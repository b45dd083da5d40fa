import type { NewEntry } from './event-log.ts'

/** The position of the newest entry of each name and key, among those that are kept. */
export class Latest {
  readonly #newest = new Map<string, number>()

  add(entry: NewEntry, sequence: number): void {
    if (entry.key !== undefined) this.#newest.set(idOf(entry), sequence)
  }

  remove(entry: NewEntry, sequence: number): void {
    if (entry.key !== undefined && this.#newest.get(idOf(entry)) === sequence) this.#newest.delete(idOf(entry))
  }

  /** Removes those whose newest entry is not behind a position. */
  forget(kinds: readonly Pick<NewEntry, 'type' | 'key'>[], position: number): void {
    for (const kind of kinds) {
      if (kind.key !== undefined && this.#newest.get(idOf(kind))! <= position) this.#newest.delete(idOf(kind))
    }
  }

  /** Whether the entry is left when superseded ones are left out. */
  has(entry: NewEntry, sequence: number): boolean {
    return entry.key === undefined || (!entry.forget && this.#newest.get(idOf(entry)) === sequence)
  }
}

/** A name has no line breaks. */
function idOf({ type, key }: Pick<NewEntry, 'type' | 'key'>): string {
  return `${type}\n${key}`
}
