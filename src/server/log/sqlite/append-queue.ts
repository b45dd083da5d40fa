import { EventwireError } from '../../../shared/errors.ts'
import type { AppendOptions, Cursor, NewEntry } from '../event-log.ts'
import { isBusy } from './busy.ts'
import { explained } from './schema.ts'

export interface Append {
  readonly purpose: string
  readonly entries: readonly NewEntry[]
  readonly options: AppendOptions
}

interface WaitingAppend extends Append {
  readonly deadline: number
  readonly resolve: (cursors: readonly Cursor[]) => void
  readonly reject: (error: unknown) => void
}

/** Milliseconds for which an append waits until other processes let it write. */
const WAIT_LIMIT = 5_000
const PAUSE = 1
/** Another process holds the lock for some microseconds. */
const TRIES = 20

/** The part of a log that its append queue uses. */
export interface AppendQueueOwner {
  /** Appends in a transaction of its own. */
  append(append: Append): readonly Cursor[]
  readonly inTransaction: boolean
  /** Calls back when the caller's transaction is over. */
  whenOver(callback: () => void): void
}

/** Appends in the order in which it is asked to: at once, unless others write or a transaction of the caller is open. */
export class AppendQueue {
  readonly #home: AppendQueueOwner
  #waiting: WaitingAppend[] = []

  constructor(home: AppendQueueOwner) {
    this.#home = home
  }

  append(append: Append): readonly Cursor[] | Promise<readonly Cursor[]> {
    if (this.#waiting.length === 0) {
      const cursors = this.#attempt(append)
      if (cursors !== undefined) return cursors
    }
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ ...append, deadline: Date.now() + WAIT_LIMIT, resolve, reject }) === 1)
        this.#processLater()
    })
  }

  close(refusal: (purpose: string) => EventwireError): void {
    for (const { purpose, reject } of this.#waiting.splice(0)) reject(refusal(purpose))
  }

  /** @returns `undefined` when it has to wait. */
  #attempt(append: Append): readonly Cursor[] | undefined {
    if (this.#home.inTransaction) return undefined
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        return this.#home.append(append)
      } catch (cause) {
        if (cause instanceof EventwireError) throw cause
        if (!isBusy(cause)) throw explained(append.purpose, cause)
      }
    }
    return undefined
  }

  #processLater(): void {
    const process = () => this.#process()
    if (this.#home.inTransaction) this.#home.whenOver(process)
    else setTimeout(process, PAUSE)
  }

  #process(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      try {
        const cursors = this.#attempt(first)
        if (cursors !== undefined) {
          first.resolve(cursors)
        } else if (this.#home.inTransaction || Date.now() < first.deadline) {
          this.#processLater()
          return
        } else {
          throw explained(first.purpose, new Error(`database is locked for ${WAIT_LIMIT} ms`))
        }
      } catch (error) {
        first.reject(error)
      }
      this.#waiting.shift()
    }
  }
}
