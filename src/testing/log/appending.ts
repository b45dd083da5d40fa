import type { LogEntry, NewEntry } from '../../server/log/event-log.ts'
import { fromCursor, toCursor } from '../../server/log/position.ts'
import { equal, ok, refused } from './assert.ts'
import { dataOf, has, type LogUnderTest, note } from './under-test.ts'

type Test = (log: LogUnderTest) => Promise<void>

const END: NewEntry = { type: 'sse:end', data: '{}' }

/** Positions, batches, conditions and the end. */
export const appending: { readonly [name: string]: Test } = {
  async 'gives dense, growing positions of one epoch'(log) {
    const start = await log.head()
    const positions = [start, ...(await log.publish('a', 'b', 'c'))].map((cursor) => fromCursor(cursor)!)
    equal(new Set(positions.map(({ epoch }) => epoch)).size, 1, 'epochs')
    const first = positions[0]!.sequence
    equal(
      positions.map(({ sequence }) => sequence - first),
      [0, 1, 2, 3],
      'positions',
    )
  },

  async 'keeps everything of an entry as it was appended'(log) {
    const start = await log.head()
    const entries: NewEntry[] = [
      { type: 'näme', data: 'line\r\n"two"\u2028 \u{1F600}', topics: ['a/b', 'c'], key: 'a "key"\n' },
      { type: 'note', data: '', topics: ['a'] },
      { type: 'note', data: 'null', key: '' },
      { type: 'note', data: 'x', topics: ['a'], key: 'gone', forget: true },
    ]
    const cursors = await log.append(entries)
    const expected = entries.map((entry, index) => ({ ...entry, cursor: cursors[index] }))
    equal((await log.read(start, 10)).entries.map(plain), expected, 'entries read')
  },

  async 'takes a batch as one, in its order'(log) {
    const seen: LogEntry[] = []
    log.follow(seen)
    const start = await log.head()
    const cursors = await log.append(['a', 'b', 'c'].map(note))
    equal(cursors.length, 3, 'cursors')
    await has(seen, 3)
    equal(dataOf({ entries: seen }), ['a', 'b', 'c'], 'entries followed')
    const { sequence } = fromCursor(start)!
    equal(
      cursors.map((cursor) => fromCursor(cursor)!.sequence - sequence),
      [1, 2, 3],
      'positions',
    )
    equal((await log.readAll(start, 10)).map(plain), seen, 'entries read')
  },

  async 'changes nothing for an empty batch'(log) {
    const [cursor] = await log.publish('a')
    equal(await log.append([]), [], 'cursors')
    equal(await log.head(), cursor, 'head')
  },

  async 'keeps the order of concurrent appends'(log) {
    const seen: LogEntry[] = []
    log.follow(seen)
    const batches = Array.from({ length: 5 }, (_, index) => log.append([note(`${index}a`), note(`${index}b`)]))
    const cursors = (await Promise.all(batches)).flat()
    await has(seen, 10)
    const sequences = seen.map(({ cursor }) => fromCursor(cursor)!.sequence)
    equal(
      sequences,
      sequences.map((_, index) => sequences[0]! + index),
      'positions',
    )
    equal([...cursors].sort(), seen.map(({ cursor }) => cursor).sort(), 'cursors')
    for (const [index, { data }] of seen.entries()) {
      if (data.endsWith('a')) equal(seen[index + 1]?.data, data.replace('a', 'b'), 'the other half of a batch')
    }
  },

  async 'appends after the head only, when `after` requires it'(log) {
    const [first, second] = await log.publish('a', 'b')
    await refused(() => log.append([note('x'), note('y')], { after: first! }), 'conflict', 'after an earlier entry')
    await refused(() => log.append([note('x')], { after: `${second}0` }), 'conflict', 'ahead of the head')
    await refused(() => log.append([note('x')], { after: `zz${second}` }), 'conflict', 'in another epoch')
    await refused(() => log.append([note('x')], { after: 'no cursor' }), 'conflict', 'after no cursor')
    const [third] = await log.append([note('c')], { after: second! })
    equal(dataOf({ entries: await log.readAll(first, 10) }), ['b', 'c'], 'entries')
    equal(await log.head(), third, 'head')
  },

  async 'appends in one epoch only, when `epoch` requires it'(log) {
    const [first] = await log.publish('a')
    const { epoch } = fromCursor(first!)!
    await refused(() => log.append([note('x')], { epoch: `z${epoch}` }), 'conflict', 'another epoch')
    await refused(() => log.append([note('x')], { epoch, after: `${first}0` }), 'conflict', 'the epoch, another head')
    await log.append([note('b')], { epoch })
    await log.append([note('c')], { epoch, after: await log.head() })
    equal(dataOf({ entries: await log.readAll(first, 10) }), ['b', 'c'], 'entries')
  },

  async 'takes one of the batches that are appended after the empty head'(log) {
    const start = await log.head()
    const claim = (owner: number) => log.append([note(`${owner}`)], { after: start })
    const results = await Promise.allSettled(Array.from({ length: 5 }, (_, owner) => claim(owner)))
    const [won, ...others] = results.filter(({ status }) => status === 'fulfilled')
    ok(won !== undefined && others.length === 0, 'one claim is taken')
    for (const result of results) {
      if (result.status === 'rejected') equal(result.reason.code, 'conflict', 'code of the others')
    }
    await refused(() => claim(9), 'conflict', 'a late claim')
    const { epoch } = fromCursor((await log.head())!)!
    await log.append([note('owned')], { epoch })
    equal((await log.readAll(start, 10)).length, 2, 'entries')
  },

  async 'takes an append in the epoch of an empty log'(log) {
    const start = await log.head()
    const [cursor] = await log.append([note('a')], { epoch: fromCursor(start)!.epoch })
    equal(fromCursor(cursor!)!.epoch, fromCursor(start)!.epoch, 'epoch')
  },

  async 'refuses without a trace what comes behind its end'(log) {
    const seen: LogEntry[] = []
    log.follow(seen)
    const [first] = await log.publish('a')
    const [end] = await log.append([END])
    await has(seen, 2)
    const { epoch } = fromCursor(end!)!
    const late = [
      [note('late')],
      [note('late'), END],
      [END, END],
      [{ type: 'sse:other', data: '' }],
    ] satisfies NewEntry[][]
    for (const batch of late) await refused(() => log.append(batch), 'closed', JSON.stringify(batch))
    for (const condition of [{ after: end! }, { epoch }, { after: first! }]) {
      await refused(() => log.append([END], condition), 'closed', `an end with ${JSON.stringify(condition)}`)
    }
    equal(await log.append([END]), [end], 'cursors of a second end')
    const page = await log.read(first, 10)
    equal([page.next, page.newest], [end, end], 'head')
    equal(
      page.entries.map(({ type }) => type),
      ['sse:end'],
      'entries',
    )
    equal(seen.length, 2, 'entries followed')
  },

  async 'takes an end as the last of a batch, and nothing behind it'(log) {
    const start = await log.head()
    await refused(() => log.append([note('a'), END, note('b')]), 'closed', 'an end within')
    equal(await log.head(), start, 'head')
    const [, end] = await log.append([note('a'), { ...END, data: '{"how":"failed"}' }])
    await refused(() => log.append([note('b')]), 'closed', 'behind it')
    equal(await log.append([END]), [end], 'cursors of a second end')
    equal(dataOf({ entries: await log.readAll(start, 10) }), ['a', '{"how":"failed"}'], 'entries')
  },

  async 'takes an end under a condition'(log) {
    const start = await log.head()
    await refused(
      () => log.append([END], { after: toCursor(fromCursor(start)!.epoch, 1) }),
      'conflict',
      'after another head',
    )
    const [end] = await log.append([END], { after: start })
    equal(await log.head(), end, 'head')
  },
}

/** An entry may be a view, whose members are not its own. */
function plain({ type, data, topics, key, forget, cursor }: LogEntry): LogEntry {
  return { type, data, topics, key, forget, cursor }
}
