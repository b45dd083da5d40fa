// Published within the caller's transaction, an event is there if and only if that commits, and nobody sees it before.
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChannel } from '../../../../src/server/index.ts'
import type { EventLog, LogEntry, Page } from '../../../../src/server/log/event-log.ts'
import { fromCursor } from '../../../../src/server/log/position.ts'
import { sqliteLog } from '../../../../src/server/log/sqlite/index.ts'
import { ChannelClient, requestAfter } from '../../channel/channel-client.ts'
import { Folder } from './databases.ts'

let folder: Folder
let database: DatabaseSync
let log: EventLog
let seen: LogEntry[]

const note = (data: string) => [{ type: 'note', data }]
const dataOf = (entries: readonly LogEntry[]) => entries.map(({ data }) => data)
const read = (of: EventLog, cursor?: string) => of.read(cursor, 100) as Page
const collect = (of: EventLog) => {
  const entries: LogEntry[] = []
  of.follow(
    (added) => entries.push(...added),
    () => entries.push({ type: 'lost', data: 'lost', cursor: '' }),
  )
  return entries
}

beforeEach(() => {
  folder = new Folder()
  database = folder.open()
  database.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT)')
  log = sqliteLog({ database, key: 'orders' })
  seen = collect(log)
})
afterEach(() => {
  log.close()
  folder.remove()
})

describe('in a transaction of the caller', () => {
  it('an event is delivered once that has committed, also to another connection', async () => {
    const other = sqliteLog({ database: folder.open(), key: 'orders', poll: 1 })
    const theirs = collect(other)
    const start = read(log).newest
    database.exec('BEGIN')
    database.exec("INSERT INTO orders VALUES (7, 'shipped')")
    const appended = log.append(note('7')) as Promise<readonly string[]>
    const more = log.append([...note('8'), ...note('9')]) as Promise<readonly string[]>
    await Promise.resolve()
    expect(read(log)).toMatchObject({ newest: start, entries: [] })
    expect(read(log, start).entries).toEqual([])
    expect(read(other, start).entries).toEqual([])
    expect(seen).toEqual([])
    database.exec('COMMIT')
    const cursors = [...(await appended), ...(await more)]
    expect(cursors.map((cursor) => fromCursor(cursor)!.sequence)).toEqual([1, 2, 3])
    expect(dataOf(seen)).toEqual(['7', '8', '9'])
    await expect.poll(() => dataOf(theirs)).toEqual(['7', '8', '9'])
    expect(read(log, start).entries).toEqual(read(other, start).entries)
    await other.close()
  })

  it('that ends with its tick the promise settles without a timer', async () => {
    database.exec('BEGIN')
    const appended = log.append(note('a'))
    database.exec('COMMIT')
    await appended
    expect(dataOf(seen)).toEqual(['a'])
  })

  it('an event is not there when that is rolled back, and its promise rejects', async () => {
    await log.append(note('before'))
    database.exec('BEGIN')
    const refused = log.append(note('never'))
    database.exec('ROLLBACK')
    await expect(refused).rejects.toMatchObject({
      code: 'log-failed',
      message: 'append to log "orders": the transaction was rolled back, so nothing was appended',
    })
    expect(dataOf(seen)).toEqual(['before'])
    const [cursor] = await log.append(note('after'))
    expect(fromCursor(cursor!)!.sequence).toBe(2)
    expect(dataOf(seen)).toEqual(['before', 'after'])
  })

  it('a publisher knows its event by itself, when another has taken the position after a rollback', async () => {
    const other = sqliteLog({ database: folder.open(), key: 'orders' })
    database.exec('BEGIN')
    const refused = Promise.resolve(log.append(note('ours')))
    database.exec('ROLLBACK')
    await other.append(note('theirs'))
    await expect(refused).rejects.toMatchObject({ code: 'log-failed' })
    await expect.poll(() => dataOf(seen)).toEqual(['theirs'])
    await other.close()
  })

  it('a savepoint that is rolled back takes its events with it, and no others', async () => {
    database.exec('BEGIN')
    const first = log.append(note('first'))
    database.exec('SAVEPOINT part')
    const lost = log.append(note('lost'))
    database.exec('ROLLBACK TO part')
    const second = log.append(note('second'))
    database.exec('COMMIT')
    const results = await Promise.allSettled([first, lost, second])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(dataOf(seen)).toEqual(['first', 'second'])
  })

  it('which goes on over several ticks, conditions hold, and refusals leave it alone', async () => {
    const [head] = await log.append(note('head'))
    database.exec('BEGIN IMMEDIATE')
    database.exec("INSERT INTO orders VALUES (1, 'new')")
    const won = log.append(note('won'), { after: head! })
    await expect(log.append(note('lost'), { after: head! })).rejects.toMatchObject({ code: 'conflict' })
    await new Promise((resolve) => setImmediate(resolve))
    database.exec("INSERT INTO orders VALUES (2, 'new')")
    database.exec('COMMIT')
    await won
    expect(dataOf(seen)).toEqual(['head', 'won'])
    expect(database.prepare('SELECT count(*) AS n FROM orders').get()).toMatchObject({ n: 2 })
  })

  it('several logs of one connection have one key', async () => {
    const twin = sqliteLog({ database, key: 'orders' })
    const theirs = collect(twin)
    await log.append(note('a'))
    database.exec('BEGIN')
    const appended = log.append(note('b'))
    expect(read(twin).newest).toBe(seen[0]!.cursor)
    database.exec('COMMIT')
    await appended
    expect(dataOf(theirs)).toEqual(['a', 'b'])
    expect(read(twin, theirs[0]!.cursor).entries[0]).toBe(theirs[1])
    await twin.close()
  })

  it('the end of the log does not join: it stands also when that is rolled back', async () => {
    const channel = createChannel<{ note: string }>({ log })
    const client = new ChannelClient(channel.response(requestAfter()))
    database.exec('BEGIN')
    const refused = channel.publish('note', 'never')
    const closing = channel.close({ final: true })
    database.exec('ROLLBACK')
    await expect(refused).rejects.toMatchObject({ code: 'log-failed' })
    await closing
    expect((await client.rest()).types).toEqual(['sse:cursor', 'sse:end'])
  })

  it('old entries are not trimmed', async () => {
    const small = sqliteLog({ database, key: 'small', maxEvents: 1 })
    for (const data of ['a', 'b', 'c']) await small.append(note(data))
    const count = () => database.prepare("SELECT count(*) AS n FROM eventwire_entries WHERE type = 'note'").get()!.n
    const before = count()
    database.exec('BEGIN')
    const appended = Array.from({ length: 20 }, (_, n) => small.append(note(`${n}`)))
    expect(count()).toBe(Number(before) + 20)
    database.exec('ROLLBACK')
    await Promise.allSettled(appended)
    expect(count()).toBe(before)
    await small.close()
  })
})

it('a driver that does not say whether a transaction is open is asked by beginning one', async () => {
  // Node before 22.16.
  const older = { prepare: (sql: string) => database.prepare(sql) }
  const own = sqliteLog({ database: older, key: 'older' })
  const entries = collect(own)
  await own.append(note('outside'))
  for (const ending of ['COMMIT', 'ROLLBACK']) {
    database.exec('BEGIN')
    const appended = Promise.resolve(own.append(note(ending)))
    expect(database.isTransaction).toBe(true)
    database.exec(ending)
    const settled = await appended.then(
      () => 'COMMIT',
      () => 'ROLLBACK',
    )
    expect(settled).toBe(ending)
  }
  expect(dataOf(entries)).toEqual(['outside', 'COMMIT'])
  await own.close()
})

it('a follower that appends changes the order for nobody', async () => {
  const own = sqliteLog({ database, key: 'echo' })
  own.follow(
    ([entry]) => {
      if (entry!.data === 'call') own.append(note('echo'))
    },
    () => {},
  )
  const entries = collect(own)
  await own.append(note('call'))
  await own.append(note('more'))
  expect(dataOf(entries)).toEqual(['call', 'echo', 'more'])
  await own.close()
})

it('a channel publishes with the transaction that it stands in', async () => {
  const channel = createChannel<{ changed: { id: number } }>({ log })
  const client = new ChannelClient(channel.response(requestAfter()))
  for (const [id, ending] of [
    [1, 'COMMIT'],
    [2, 'ROLLBACK'],
    [3, 'COMMIT'],
  ] as const) {
    database.exec('BEGIN')
    channel.publish('changed', { id })
    database.exec(`INSERT INTO orders VALUES (${id}, 'new')`)
    database.exec(ending)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await client.until(({ events }) => events.length === 2)
  expect(client.payloads).toEqual([{ id: 1 }, { id: 3 }])
  expect(
    database
      .prepare('SELECT id FROM orders')
      .all()
      .map(({ id }) => id),
  ).toEqual([1, 3])
  await channel.close()
  await client.rest()
})
