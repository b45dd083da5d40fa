import type { EventLog, LogEntry } from '../../../src/server/index.ts'

/** The time between two looks at the clock, as a part of a lease. */
const LOOK = 1 / 40
/** The time between two probes of the log, as a part of a lease. */
const PROBE = 1 / 10
/** A longer delay counts, as a part of a lease: half of what a watch takes for prompt, which adds two of them up. */
const DELAY = 1 / 12

/** Measures when this process or its log was last delayed. A watch may start again at these moments, and at no others. */
export class Delays {
  readonly #longest: number
  #looked: number = performance.now()
  readonly #delays: number[] = []
  /** When the newest entry of a producer arrived, for each run. */
  readonly #alive = new Map<string, number>()

  /** @param open opens the log of a run. */
  constructor(lease: number, open: (id: string) => EventLog) {
    this.#longest = lease * DELAY
    setInterval(() => this.#look(), lease * LOOK).unref()
    const log = this.measured(open)('probe')
    let isAsking = false
    setInterval(async () => {
      if (isAsking) return
      isAsking = true
      try {
        // No log has this position: the log is asked, and refuses.
        await log.append([{ type: 'probe', data: '' }], { after: 'none.7' })
      } catch {}
      isAsking = false
    }, lease * PROBE).unref()
  }

  /**
   * The longest time without a delay in which a reader of this run, who has been connected since then, has heard nothing of its producer.
   */
  silenceOf(id: string, connected: number): { readonly longest: number; readonly isDelayed: boolean } {
    this.#look()
    const begin = Math.max(connected, this.#alive.get(id) ?? 0)
    const times = [begin, ...this.#delays.filter((at) => at > begin), performance.now()]
    const longest = Math.max(...times.slice(1).map((at, index) => at - times[index]!))
    return { longest, isDelayed: times.length > 2 }
  }

  /** Logs whose calls are measured, and whose entries are signs of life where they are the producer's. */
  measured(open: (id: string) => EventLog): (id: string) => EventLog {
    return (id) => {
      const log = open(id)
      return {
        append: (...batch) => this.#measure(() => log.append(...batch)),
        read: (...page) => this.#measure(() => log.read(...page)),
        follow: (onEntries, onLost) =>
          log.follow((entries) => {
            if (entries.some(isOfProducer)) this.#alive.set(id, performance.now())
            onEntries(entries)
          }, onLost),
        close: () => log.close(),
      }
    }
  }

  #look(): void {
    this.#note(this.#looked)
    this.#looked = performance.now()
  }

  #note(since: number): void {
    const now = performance.now()
    if (now - since > this.#longest) this.#delays.push(now)
  }

  #measure<Result>(call: () => Result | PromiseLike<Result>): Result | PromiseLike<Result> {
    const since = performance.now()
    const settled = () => this.#note(since)
    try {
      const result = call()
      Promise.resolve(result).then(settled, settled)
      return result
    } catch (error) {
      settled()
      throw error
    }
  }
}

/** Only a producer appends others than these. */
function isOfProducer({ type }: LogEntry): boolean {
  return !['sse:stop', 'sse:end', 'lost'].includes(type)
}
