import type { EventLog, LogEntry, NewEntry, Page, ReadOptions } from '../../server/log/event-log.ts'
import { until } from './assert.ts'

/** A log and what most tests do with it. */
export class LogUnderTest {
  readonly log: EventLog

  constructor(log: EventLog) {
    this.log = log
  }

  async append(entries: readonly NewEntry[], options?: Parameters<EventLog['append']>[1]): Promise<readonly string[]> {
    return this.log.append(entries, options)
  }

  /** Appends one after another. */
  async publish(...data: string[]): Promise<string[]> {
    const cursors = []
    for (const text of data) cursors.push(...(await this.append([note(text)])))
    return cursors
  }

  async read(after: string | undefined, limit: number, options?: ReadOptions): Promise<Page> {
    return this.log.read(after, limit, options)
  }

  async head(): Promise<string> {
    return (await this.read(undefined, 0)).newest
  }

  /** All entries after a cursor, over all pages; throws for a gap. */
  async readAll(after: string | undefined, limit: number, options?: ReadOptions): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    let page = await this.read(after, limit, options)
    for (;;) {
      if (page.status === 'gap') throw new Error(`read after ${after}: a gap, ${page.reason}`)
      entries.push(...page.entries)
      if (page.next === page.newest) return entries
      page = await this.read(page.next, limit, options)
    }
  }

  follow(into: LogEntry[], onLost: () => void = () => {}): () => void {
    return this.log.follow((entries) => into.push(...entries), onLost)
  }
}

export function note(data: string): NewEntry {
  return { type: 'note', data }
}

export function dataOf({ entries }: { entries: readonly LogEntry[] }): string[] {
  return entries.map(({ data }) => data)
}

export function has(entries: readonly LogEntry[], count: number): Promise<void> {
  return until(() => entries.length >= count, `a follower gets ${count} entries`)
}
