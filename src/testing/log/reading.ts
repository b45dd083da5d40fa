import type { LogEntry, NewEntry, Page } from '../../server/log/event-log.ts'
import { fromCursor } from '../../server/log/position.ts'
import type { GapReason } from '../../shared/wire/gap.ts'
import { equal, ok } from './assert.ts'
import { dataOf, has, type LogUnderTest } from './under-test.ts'

type Test = (log: LogUnderTest) => Promise<void>

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz'

const FORGERIES: readonly [what: string, reason: GapReason, forge: (cursor: string) => string][] = [
  ['another epoch', 'epoch', (cursor) => `zz${cursor}`],
  ['a cursor ahead of the head', 'ahead', (cursor) => `${cursor}00`],
  ['text that is not a cursor', 'malformed', () => 'no cursor\u0000'],
  ['the id of another server', 'malformed', () => '4711'],
  ['a hostile cursor', 'malformed', (cursor) => `${cursor}${'9'.repeat(4000)}`],
]

function price(key: string | undefined, data: string, more: Partial<NewEntry> = {}): NewEntry {
  return { type: 'price', data, key, ...more }
}

/** Pages, gaps, bounds and the latest entries. */
export const reading: { readonly [name: string]: Test } = {
  async 'answers the head, and no entries, when no cursor is given'(log) {
    const [, last] = await log.publish('a', 'b')
    const { status, entries, next, newest } = await log.read(undefined, 5)
    equal({ status, entries, next, newest }, { status: 'ok', entries: [], next: last, newest: last }, 'page')
  },

  async 'reads what follows a cursor, in order, up to the limit'(log) {
    const [first] = await log.publish('a', 'b', 'c', 'd')
    const page = await log.read(first, 2)
    equal([page.status, ...dataOf(page)], ['ok', 'b', 'c'], 'page')
    const rest = await log.read(page.next, 10)
    equal(dataOf(rest), ['d'], 'rest')
    equal(rest.next, rest.newest, 'next')
  },

  async 'has nothing for a cursor that is merely caught up'(log) {
    const [cursor] = await log.publish('a')
    const { status, entries, next } = await log.read(cursor, 10)
    equal({ status, entries, next }, { status: 'ok', entries: [], next: cursor }, 'page')
  },

  async 'reports a gap when the history after the cursor was trimmed, and reads on at the oldest'(log) {
    const [first] = await log.publish(...ALPHABET)
    const page = await log.read(first, 5)
    const { status, reason, entries, next } = page
    equal(
      { status, reason, entries, next },
      { status: 'gap', reason: 'trimmed', entries: [], next: page.oldest },
      'page',
    )
    const kept = await log.read(page.next, 100)
    equal(`${kept.status} ${dataOf(kept).join('')}`, 'ok qrstuvwxyz', 'what is kept')
  },

  async 'counts the entries that can be read, where it has size()'(log) {
    const stop = log.follow([])
    const start = (await log.read(undefined, 0)).newest
    await log.publish(...ALPHABET)
    const { oldest } = await log.read(start, 0)
    const { length } = await log.readAll(oldest, 100)
    const size = log.log.size?.()
    if (size !== undefined) equal(size.entries, length, 'entries')
    if (size?.bytes !== undefined) ok(size.bytes > length && size.bytes < 1_000_000, `${size.bytes} bytes`)
    stop()
  },

  ...Object.fromEntries(
    FORGERIES.map(([what, reason, forge]): [string, Test] => [
      `reports a gap for ${what}, and reads on at the head`,
      async (log) => {
        const [cursor] = await log.publish('a')
        const { newest, ...page } = await log.read(forge(cursor!), 10)
        const { status, entries, next } = page
        equal(
          { status, reason: page.reason, entries, next },
          { status: 'gap', reason, entries: [], next: newest },
          'page',
        )
      },
    ]),
  ),

  async 'reads everything that is there from the oldest position on'(log) {
    await log.publish('a', 'b', 'c')
    const { oldest } = await log.read(undefined, 0)
    const page = await log.read(oldest, 100)
    equal([page.status, ...dataOf(page)], ['ok', 'a', 'b', 'c'], 'page')
  },

  async 'has a position and no entries before the first append'(log) {
    const page = await log.read(undefined, 10)
    const { status, entries, next, oldest, newest } = page
    equal({ status, entries, next, oldest }, { status: 'ok', entries: [], next: newest, oldest: newest }, 'page')
    ok(fromCursor(newest) !== undefined, `${newest} is not a cursor`)
    equal(await log.read(newest, 10), page, 'page after its position')
    equal((await log.read(undefined, 10, { latest: true })).entries, [], 'latest entries')
  },

  async 'reads on from the position before the first append'(log) {
    const start = await log.head()
    await log.publish('a', 'b')
    equal(dataOf({ entries: await log.readAll(start, 1) }), ['a', 'b'], 'entries')
  },

  async 'reads at once what followers have had'(log) {
    const seen: LogEntry[] = []
    log.follow(seen)
    const [first] = await log.publish('a', 'b', 'c')
    await has(seen, 3)
    const page = log.log.read(first, 10)
    ok(!(page instanceof Promise), 'the page is a promise')
    const { entries } = page as Page
    equal(entries.length, 2, 'entries')
    for (const [index, { type, data, cursor }] of entries.entries()) {
      const { type: itsType, data: itsData, cursor: itsCursor } = seen[index + 1]!
      equal([type, data, cursor], [itsType, itsData, itsCursor], 'entry')
    }
  },

  async 'leaves out what a later entry of the same name and key supersedes'(log) {
    const [first] = await log.publish('plain')
    await log.append([price('A', '1'), price('B', '2'), price(undefined, '3'), price('A', '4'), price('B', '5')])
    await log.append([price('A', '6', { type: 'other' }), price(undefined, '7')])
    const expected = ['3', '4', '5', '6', '7']
    for (const limit of [1, 2, 3, 10]) {
      equal(dataOf({ entries: await log.readAll(first, limit, { latest: true }) }), expected, `limit ${limit}`)
      const all = await log.readAll(undefined, limit, { latest: true })
      equal(dataOf({ entries: all }), ['plain', ...expected], `from the oldest, limit ${limit}`)
    }
    const page = await log.read(first, 10)
    equal(dataOf(page), ['1', '2', '3', '4', '5', '6', '7'], 'all entries')
    const between = page.entries[3]!.cursor
    equal(dataOf({ entries: await log.readAll(between, 10, { latest: true }) }), ['5', '6', '7'], 'after the fourth')
    equal((await log.read('no cursor', 10, { latest: true })).reason, 'malformed', 'reason')
  },

  async 'leaves out a key that was forgotten, until it comes again'(log) {
    const start = await log.head()
    await log.append([price('A', '1'), price('B', '2'), price('A', '3', { forget: true })])
    const latest = async () => dataOf({ entries: await log.readAll(start, 10, { latest: true }) })
    equal(await latest(), ['2'], 'forgotten')
    await log.append([price('A', '4')])
    equal(await latest(), ['2', '4'], 'there again')
    equal((await log.readAll(start, 10)).length, 4, 'all entries')
  },

  async 'finds the latest entries that are kept, when others are trimmed'(log) {
    for (const [index, letter] of [...ALPHABET].entries()) await log.append([price(`${index % 3}`, letter)])
    await log.append([price('other', '-')])
    const page = await log.read(undefined, 100, { latest: true })
    equal(dataOf(page), ['x', 'y', 'z', '-'], 'entries')
    equal(page.next, page.newest, 'next')
  },
}
