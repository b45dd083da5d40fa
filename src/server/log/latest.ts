import type { NewEntry } from './event-log.ts'

/** The position of the newest entry of each name and key, among those that are kept. */
export class Latest {
  readonly #newest = new Map<string, number>()

  add(entry: NewEntry, sequence: number): void {
    if (entry.key === undefined) return
    if (entry.forget) this.#newest.delete(idOf(entry))
    else this.#newest.set(idOf(entry), sequence)
  }

  remove(entry: NewEntry, sequence: number): void {
    if (entry.key !== undefined && this.has(entry, sequence)) this.#newest.delete(idOf(entry))
  }

  /** Whether no later entry supersedes this one. */
  has(entry: NewEntry, sequence: number): boolean {
    return entry.key === undefined || this.#newest.get(idOf(entry)) === sequence
  }
}

/** A name has no line breaks. */
function idOf({ type, key }: NewEntry): string {
  return `${type}\n${key}`
}
