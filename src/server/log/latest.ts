import type { NewEntry } from './event-log.ts'

/** The position of the newest entry of each name and key, among those that are kept. */
export class Latest {
  readonly #newest = new Map<string, number>()

  add(entry: NewEntry, sequence: number): void {
    if (entry.key !== undefined) this.#newest.set(subjectOf(entry), sequence)
  }

  remove(entry: NewEntry, sequence: number): void {
    if (entry.key !== undefined && this.#newest.get(subjectOf(entry)) === sequence)
      this.#newest.delete(subjectOf(entry))
  }

  /** Removes those whose newest entry is not behind a position. */
  forget(kinds: readonly Pick<NewEntry, 'type' | 'key'>[], position: number): void {
    for (const kind of kinds) {
      if (kind.key !== undefined && this.#newest.get(subjectOf(kind))! <= position) this.#newest.delete(subjectOf(kind))
    }
  }

  /** Whether the entry is left when superseded ones are left out. */
  has(entry: NewEntry, sequence: number): boolean {
    return entry.key === undefined || (!entry.forget && this.#newest.get(subjectOf(entry)) === sequence)
  }
}

/** The name and the key of an entry as one text: a name has no line breaks. */
export function subjectOf({ type, key }: Pick<NewEntry, 'type' | 'key'>): string {
  return `${type}\n${key}`
}
