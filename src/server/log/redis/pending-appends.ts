import type { At } from './fields.ts'

type Which = (at: At) => boolean

/** Appends whose entries followers have not had yet. */
export class Undelivered {
  #waiting: { readonly at: At; readonly resolve: () => void }[] = []

  wait(at: At): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ at, resolve })
    })
  }

  has(which: Which): boolean {
    return this.#waiting.some(({ at }) => which(at))
  }

  release(which: Which = () => true): void {
    if (this.#waiting.length === 0) return
    const released = this.#waiting.filter(({ at }) => which(at))
    this.#waiting = this.#waiting.filter(({ at }) => !which(at))
    for (const { resolve } of released) resolve()
  }
}
