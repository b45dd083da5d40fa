import type { Position } from '../position.ts'

type PositionTest = (at: Position) => boolean

/** Appends whose entries followers have not had yet. */
export class PendingAppends {
  #waiting: { readonly at: Position; readonly resolve: () => void }[] = []

  wait(at: Position): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ at, resolve })
    })
  }

  has(which: PositionTest): boolean {
    return this.#waiting.some(({ at }) => which(at))
  }

  release(which: PositionTest = () => true): void {
    if (this.#waiting.length === 0) return
    const released = this.#waiting.filter(({ at }) => which(at))
    this.#waiting = this.#waiting.filter(({ at }) => !which(at))
    for (const { resolve } of released) resolve()
  }
}
