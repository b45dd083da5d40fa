import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventLog, fromCursor, type LogEntry, type Page } from '../../../src/server/log/event-log.ts'

/** How a suite gets its logs. */
export interface LogUnderTest {
  /** A log that keeps at least this many entries and, where it is bounded so, no more. */
  open(bounds: { maxEvents: number }): EventLog | Promise<EventLog>
  /** Undoes what `open` has left outside. */
  cleanUp?(): void | Promise<void>
}

/** What any EventLog must do; each implementation runs all of it. */
export function describeEventLog(name: string, { open, cleanUp }: LogUnderTest): void {
  describe(name, () => {
    let log: EventLog
    const publish = async (...data: string[]) => {
      const cursors = []
      for (const text of data) cursors.push(await log.append({ type: 'note', data: text }))
      return cursors
    }
    const dataOf = (page: Page | { entries: readonly LogEntry[] }) => page.entries.map((entry) => entry.data)
    const followed = (into: LogEntry[]) =>
      log.follow(
        (entries) => into.push(...entries),
        () => {},
      )
    const has = async (entries: LogEntry[], count: number) => {
      await expect.poll(() => entries.length).toBe(count)
      return entries
    }

    beforeEach(async () => {
      log = await open({ maxEvents: 10 })
    })
    afterEach(async () => {
      await log.close()
      await cleanUp?.()
    })

    it('gives dense, growing positions of one epoch', async () => {
      const start = (await log.read(undefined, 0)).newest
      const positions = [start, ...(await publish('a', 'b', 'c'))].map((cursor) => fromCursor(cursor)!)
      expect(new Set(positions.map(({ epoch }) => epoch)).size).toBe(1)
      const first = positions[0]!.sequence
      expect(positions.map(({ sequence }) => sequence - first)).toEqual([0, 1, 2, 3])
    })

    it('answers the head, and no entries, when no cursor is given', async () => {
      const [, last] = await publish('a', 'b')
      const page = await log.read(undefined, 5)
      expect(page).toMatchObject({ status: 'ok', entries: [], next: last, newest: last })
    })

    it('reads what follows a cursor, in order, up to the limit', async () => {
      const [first] = await publish('a', 'b', 'c', 'd')
      const page = await log.read(first, 2)
      expect(page.status).toBe('ok')
      expect(dataOf(page)).toEqual(['b', 'c'])
      const rest = await log.read(page.next, 10)
      expect(dataOf(rest)).toEqual(['d'])
      expect(rest.next).toBe(rest.newest)
    })

    it('keeps type, data and topics as they were appended', async () => {
      const { newest } = await log.read(undefined, 0)
      const entry = { type: 'näme', data: 'line\r\n"two"\u2028 \u{1F600}', topics: ['a/b', 'c'] }
      const cursor = await log.append(entry)
      expect((await log.read(newest, 1)).entries[0]).toMatchObject({ ...entry, cursor })
    })

    it('has nothing for a cursor that is merely caught up', async () => {
      const [cursor] = await publish('a')
      expect(await log.read(cursor, 10)).toMatchObject({ status: 'ok', entries: [], next: cursor })
    })

    it('tells a gap when the history after the cursor was trimmed, and reads on at the oldest', async () => {
      const [first] = await publish(...'abcdefghijklmnopqrstuvwxyz')
      const page = await log.read(first, 5)
      expect(page).toMatchObject({ status: 'gap', reason: 'trimmed', entries: [] })
      expect(page.next).toBe(page.oldest)
      const kept = await log.read(page.next, 100)
      expect(kept.status).toBe('ok')
      expect(dataOf(kept).join('')).toBe('qrstuvwxyz')
    })

    it.each([
      ['another epoch', 'epoch', (cursor: string) => `zz${cursor}`],
      ['a cursor ahead of the head', 'ahead', (cursor: string) => `${cursor}00`],
      ['text that is no cursor', 'malformed', () => 'no cursor\u0000'],
      ['the id of somebody else', 'malformed', () => '4711'],
      ['a hostile cursor', 'malformed', (cursor: string) => `${cursor}${'9'.repeat(4000)}`],
    ])('tells a gap for %s, and reads on at the head', async (_, reason, forge) => {
      const [cursor] = await publish('a')
      const page = await log.read(forge(cursor!), 10)
      expect(page).toMatchObject({ status: 'gap', reason, entries: [] })
      expect(page.next).toBe(page.newest)
    })

    it('delivers to followers what is appended from now on, in order and once', async () => {
      await publish('before')
      const seen: LogEntry[] = []
      const others: LogEntry[] = []
      followed(seen)
      followed(others)
      const cursors = await publish('a', 'b', 'c')
      expect((await has(seen, 3)).map(({ data, cursor }) => [data, cursor])).toEqual(
        ['a', 'b', 'c'].map((data, index) => [data, cursors[index]]),
      )
      expect(await has(others, 3)).toEqual(seen)
    })

    it('has given an entry to followers when its append resolves', async () => {
      const seen: LogEntry[] = []
      followed(seen)
      for (let n = 0; n < 20; n++) {
        const cursor = await log.append({ type: 'n', data: `${n}` })
        expect(seen.at(-1)?.cursor).toBe(cursor)
      }
      expect(dataOf({ entries: seen })).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`))
    })

    it('lets no failing follower disturb an append or another follower', async () => {
      const uncaught: unknown[] = []
      const onUncaught = (error: unknown) => uncaught.push(error)
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException').on('uncaughtException', onUncaught)
      try {
        const seen: LogEntry[] = []
        log.follow(
          () => {
            throw new Error('a bug of the follower')
          },
          () => {},
        )
        followed(seen)
        await publish('a', 'b')
        expect(dataOf({ entries: await has(seen, 2) })).toEqual(['a', 'b'])
        await expect.poll(() => uncaught.map(String)).toContain('Error: a bug of the follower')
      } finally {
        process.off('uncaughtException', onUncaught)
        for (const listener of listeners) process.on('uncaughtException', listener)
      }
    })

    it('reads everything that is there from the oldest position on', async () => {
      await publish('a', 'b', 'c')
      const { oldest } = await log.read(undefined, 0)
      const page = await log.read(oldest, 100)
      expect(page.status).toBe('ok')
      expect(dataOf(page)).toEqual(['a', 'b', 'c'])
    })

    it('has a position and no entries before the first append', async () => {
      const page = await log.read(undefined, 10)
      expect(page).toMatchObject({ status: 'ok', entries: [], next: page.newest, oldest: page.newest })
      expect(await log.read(page.newest, 10)).toEqual(page)
    })

    it('goes on following when it is followed again', async () => {
      followed([])()
      await publish('before')
      const seen: LogEntry[] = []
      followed(seen)
      await publish('a')
      expect(dataOf({ entries: await has(seen, 1) })).toEqual(['a'])
    })

    it('tells followers of no loss while there is none', async () => {
      let losses = 0
      const seen: LogEntry[] = []
      log.follow(
        (entries) => seen.push(...entries),
        () => losses++,
      )
      await publish(...'abcdefghijklmnopqrstuvwxyz')
      await has(seen, 26)
      expect(losses).toBe(0)
    })

    it('refuses without a trace what comes behind its end', async () => {
      const seen: LogEntry[] = []
      followed(seen)
      const [first] = await publish('a')
      const end = await log.append({ type: 'sse:end', data: '{}' })
      await has(seen, 2)
      const late = (async () => log.append({ type: 'note', data: 'late' }))()
      await expect(late).rejects.toMatchObject({
        code: 'closed',
        message: expect.stringContaining('the log has ended'),
      })
      expect(await log.append({ type: 'sse:end', data: '{}' })).toBe(end)
      const page = await log.read(first, 10)
      expect(page).toMatchObject({ status: 'ok', next: end, newest: end })
      expect(page.entries.map(({ type }) => type)).toEqual(['sse:end'])
      expect(seen).toHaveLength(2)
    })

    it('can be closed twice', async () => {
      await log.close()
      await log.close()
    })

    it('reads at once, and the same objects, what followers have had', async () => {
      const seen: LogEntry[] = []
      followed(seen)
      const [first] = await publish('a', 'b', 'c')
      await has(seen, 3)
      const page = log.read(first, 10)
      expect(page).not.toBeInstanceOf(Promise)
      const { entries } = page as Page
      expect(entries).toHaveLength(2)
      expect(entries[0]).toBe(seen[1])
      expect(entries[1]).toBe(seen[2])
    })

    it('leaves a follower alone that has ended it', async () => {
      const seen: LogEntry[] = []
      const others: LogEntry[] = []
      const end = followed(seen)
      followed(others)
      end()
      end()
      await publish('a')
      await has(others, 1)
      expect(seen).toEqual([])
    })

    it('keeps the order of concurrent appends', async () => {
      const seen: LogEntry[] = []
      followed(seen)
      const cursors = await Promise.all(
        Array.from({ length: 8 }, (_, index) => log.append({ type: 'n', data: `${index}` })),
      )
      await has(seen, 8)
      const sequences = seen.map(({ cursor }) => fromCursor(cursor)!.sequence)
      expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index))
      expect(new Set(cursors)).toEqual(new Set(seen.map(({ cursor }) => cursor)))
    })
  })
}
