// A database that cannot hold a log is refused where the log is made, and failed operations say what to do.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventLog, LogEntry, Page } from '../../../../src/server/log/event-log.ts'
import { fromCursor } from '../../../../src/server/log/position.ts'
import { type SqliteLogOptions, sqliteLog } from '../../../../src/server/log/sqlite/index.ts'
import { Folder } from './databases.ts'

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

const note = (data: string) => [{ type: 'note', data }]
const opening = (options: Partial<SqliteLogOptions>) => () => sqliteLog({ key: 'log', ...options } as SqliteLogOptions)
const read = (log: EventLog, cursor?: string) => log.read(cursor, 100) as Page
const refusal = (code: string, message: RegExp | string) =>
  expect.objectContaining({ code, message: typeof message === 'string' ? message : expect.stringMatching(message) })

describe('sqliteLog() refuses', () => {
  it.each([
    [{ key: '' }, 'key is ""; give a name'],
    [{ key: 7 }, 'key is 7; give a name'],
    [{ maxEvents: 0 }, 'maxEvents is 0; give a positive number'],
    [{ maxBytes: Number.NaN }, 'maxBytes is NaN; give a positive number'],
    [{ maxAge: -1 }, 'maxAge is -1; give a positive number'],
    [{ poll: '5' }, 'poll is 5; give a positive number'],
    [{ database: {} }, /^database is \[object Object\]; give a DatabaseSync/],
    [{ database: undefined }, /^database is undefined; give a DatabaseSync/],
  ])('%o', (options, message) => {
    const database = folder.open()
    expect(opening({ database, ...options } as any)).toThrow(refusal('invalid-option', message))
  })

  it('no options at all', () => {
    expect(() => (sqliteLog as any)()).toThrow(refusal('invalid-option', 'key is undefined; give a name'))
  })

  it('a file that is not in WAL mode', () => {
    const database = folder.open({ pragmas: '' })
    expect(opening({ database })).toThrow(
      refusal('invalid-option', /app\.db has the journal mode delete; run PRAGMA journal_mode = WAL first$/),
    )
  })

  it('an open transaction', () => {
    const database = folder.open()
    database.exec('BEGIN')
    expect(opening({ database })).toThrow(
      refusal('invalid-option', /^database has an open transaction; create the log/),
    )
  })

  it('a database that was opened for reading, and a connection that may not write', () => {
    folder.open()
    const readOnly = folder.open({ readOnly: true, pragmas: '' })
    expect(opening({ database: readOnly })).toThrow(
      refusal('invalid-option', /^open the database: attempt to write a readonly database; open it for writing/),
    )
    sqliteLog({ database: folder.open(), key: 'log' })
    expect(opening({ database: folder.open({ readOnly: true, pragmas: '' }) })).toThrow(
      refusal('invalid-option', /readonly database; open it for writing/),
    )
    const queryOnly = folder.open({ pragmas: 'query_only = 1' })
    expect(opening({ database: queryOnly })).toThrow(refusal('invalid-option', /readonly database/))
  })

  it.each(['eventwire', 'eventwire_logs', 'eventwire_entries'])('a foreign table %s, and leaves it alone', (table) => {
    const database = folder.open()
    database.exec(`CREATE TABLE ${table} (mine TEXT); INSERT INTO ${table} VALUES ('kept')`)
    expect(opening({ database })).toThrow(
      refusal('invalid-option', `database has a table ${table} that is not of this library; rename it`),
    )
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1)
    expect(database.prepare(`SELECT mine FROM ${table}`).get()).toMatchObject({ mine: 'kept' })
  })

  it('logs of another schema version', () => {
    const database = folder.open()
    sqliteLog({ database, key: 'log' })
    database.exec('UPDATE eventwire SET version = 2')
    expect(opening({ database: folder.open() })).toThrow(
      refusal(
        'invalid-option',
        /^database has logs of schema version 2, and this release knows 1; update all processes/,
      ),
    )
  })

  it('a file that is not a database', () => {
    writeFileSync(
      folder.file(),
      'This is a text, and it is longer than a header of SQLite, which has 100 bytes. '.repeat(9),
    )
    expect(opening({ database: folder.open({ pragmas: '' }) })).toThrow(
      refusal('invalid-option', /file is not a database; the file is damaged or of another kind; restore it/),
    )
  })

  it('a database that is closed', () => {
    const database = folder.open()
    database.close()
    expect(opening({ database })).toThrow(refusal('log-failed', /^open the database: database is not open/))
  })

  it('a network file system, where Linux says that it is one', () => {
    const file = folder.file()
    const program = `
      import { DatabaseSync } from 'node:sqlite'
      import { statfsSync } from 'node:fs'
      const { getBuiltinModule } = process
      const fs = { ...getBuiltinModule('fs'), statfsSync: (path) => ({ ...statfsSync(path), type: 0x6969 }) }
      process.getBuiltinModule = (name) => (name === 'fs' ? fs : getBuiltinModule(name))
      const { sqliteLog } = await import('${new URL('../../../../src/server/log/sqlite/index.ts', import.meta.url)}')
      const database = new DatabaseSync(${JSON.stringify(file)})
      database.exec('PRAGMA journal_mode = WAL')
      try { sqliteLog({ database, key: 'log' }) } catch (error) { console.log(error.code, error.message) }`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toBe(`invalid-option database ${file} is on a network file system (NFS); use a local disk\n`)
  })
})

describe('append', () => {
  it('refuses what is larger than all that is kept, in a transaction too', async () => {
    const database = folder.open()
    const log = sqliteLog({ database, key: 'log', maxBytes: 10 })
    const tooLarge = refusal('event-too-large', 'append to log "log": 11 bytes are over maxBytes, 10; send less')
    expect(() => log.append(note('x'.repeat(7)))).toThrow(tooLarge)
    database.exec('BEGIN')
    const refused = Promise.resolve(log.append(note('x'.repeat(7))))
    const taken = log.append(note('x'.repeat(6)))
    database.exec('COMMIT')
    await expect(refused).rejects.toEqual(tooLarge)
    await taken
    expect(() => log.append([...note('x'), ...note('')])).not.toThrow()
  })

  it('waits while another process writes, in order, and rejects when that takes too long', async () => {
    const log = sqliteLog({ database: folder.open(), key: 'log' })
    await log.append(note('0'))
    const { newest } = read(log)
    const other = folder.open()
    other.exec('BEGIN IMMEDIATE')
    const waiting = ['1', '2'].map((data) => log.append(note(data)))
    for (const each of waiting) expect(each).toBeInstanceOf(Promise)
    other.exec('COMMIT')
    await Promise.all(waiting)
    expect(read(log, newest).entries.map(({ data }) => data)).toEqual(['1', '2'])
    other.exec('BEGIN IMMEDIATE')
    await expect(log.append(note('3'))).rejects.toEqual(
      refusal(
        'log-failed',
        'append to log "log": database is locked for 5000 ms; another process writes for too long; nothing was appended, try again',
      ),
    )
    other.exec('COMMIT')
    await log.append(note('4'))
    expect(read(log, newest).entries.map(({ data }) => data)).toEqual(['1', '2', '4'])
  })

  it('and a read wait for a connection that wants the file for itself, and say so when it keeps it', async () => {
    const alone = folder.open({ pragmas: 'journal_mode = WAL, locking_mode = EXCLUSIVE' })
    const log = sqliteLog({ database: alone, key: 'log' })
    await log.append(note('kept'))
    const database = folder.open({ pragmas: '' })
    expect(opening({ database })).toThrow(
      refusal('log-failed', /^open the database: database is locked; another process/),
    )
    alone.close()
    expect(read(opening({ database })()).newest).toMatch(/\.1$/)
  })

  it('lets go of what waits when the log is closed', async () => {
    const log = sqliteLog({ database: folder.open(), key: 'log' })
    const other = folder.open()
    other.exec('BEGIN IMMEDIATE')
    const waiting = log.append(note('1'))
    log.close()
    await expect(waiting).rejects.toEqual(refusal('closed', 'append to log "log": the log is closed'))
    other.exec('COMMIT')
    expect(() => log.append(note('2'))).toThrow(refusal('closed', /the log is closed; create a new one/))
    expect(() => log.read(undefined, 0)).toThrow(refusal('closed', /^read log "log": the log is closed/))
  })

  it.each(['of its own', 'of the caller'])(
    'takes nothing of a batch when the disk is full, in a transaction %s',
    async (whose) => {
      const database = folder.open()
      const log = sqliteLog({ database, key: 'log' })
      await log.append(note('kept'))
      const { newest, oldest } = read(log)
      const { page_count: pages } = database.prepare('PRAGMA page_count').get()!
      database.exec(`PRAGMA max_page_count = ${Number(pages) + 20}`)
      const batch = Array.from({ length: 10 }, () => note('x'.repeat(20_000))).flat()
      if (whose === 'of the caller') database.exec('BEGIN')
      const full = (async () => log.append(batch))()
      await expect(full).rejects.toEqual(
        refusal(
          'log-failed',
          /^append to log "log": database or disk is full; nothing was appended; free some space and try again$/,
        ),
      )
      if (database.isTransaction) database.exec('COMMIT')
      expect(read(log)).toMatchObject({ newest })
      database.exec('PRAGMA max_page_count = 100000')
      await log.append(note('after'))
      expect(read(log, oldest).entries.map(({ data }) => data)).toEqual(['kept', 'after'])
      expect(fromCursor(read(log).newest)!.sequence).toBe(2)
    },
  )

  it('notifies followers that entries may be lost when the database goes, and the next read says why', async () => {
    const database = folder.open()
    const log = sqliteLog({ database, key: 'log', poll: 1 })
    let losses = 0
    log.follow(
      () => {},
      () => losses++,
    )
    database.close()
    await expect.poll(() => losses).toBe(1)
    expect(() => log.read(undefined, 0)).toThrow(
      refusal('log-failed', /^read log "log": .+; the database was closed; close the log before it$/),
    )
    expect(() => log.append(note('a'))).toThrow(
      refusal('log-failed', /^append to log "log": .+; the database was closed/),
    )
    log.close()
  })
})

describe('a log in a file', () => {
  const reopen = (database: DatabaseSync, options: Partial<SqliteLogOptions> = {}) => {
    if (database.isOpen) database.close()
    const again = folder.open({ pragmas: 'journal_mode = WAL, synchronous = NORMAL' })
    return { database: again, log: sqliteLog({ database: again, key: 'log', ...options }) }
  }

  it('goes on in its epoch after a restart', async () => {
    const database = folder.open()
    const [cursor] = await sqliteLog({ database, key: 'log' }).append(note('a'))
    const { log } = reopen(database)
    await log.append(note('b'))
    expect(read(log, cursor)).toMatchObject({ status: 'ok', entries: [{ data: 'b' }] })
  })

  it('stores nothing when it is read or followed, and all processes answer one position', async () => {
    const databases = [folder.open(), folder.open()]
    const [one, two] = databases.map((database) => sqliteLog({ database, key: 'log' }))
    const seen: LogEntry[] = []
    two!.follow(
      (entries) => seen.push(...entries),
      () => seen.push({ type: 'lost', data: '', cursor: '' }),
    )
    const { newest: start } = read(one!)
    expect(read(two!).newest).toBe(start)
    expect(read(sqliteLog({ database: databases[0]!, key: 'other' })).newest).not.toBe(start)
    expect(databases[0]!.prepare('SELECT * FROM eventwire_logs').all()).toEqual([])
    const results = await Promise.allSettled([one!, two!].map(async (log) => log.append(note('x'), { after: start })))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect.poll(() => seen.length).toBe(1)
    expect(read(two!, start).entries).toHaveLength(1)
    two!.close()
  })

  it('begins a new epoch, with all its entries, after another start of the machine, unless each commit was synced', async () => {
    const database = folder.open({ pragmas: 'journal_mode = WAL, synchronous = NORMAL' })
    const [cursor] = await sqliteLog({ database, key: 'log' }).append(note('a'))
    database.exec("UPDATE eventwire SET boot = 'another start'")
    const { database: again, log } = reopen(database)
    const { newest, oldest } = read(log)
    expect(read(log, cursor)).toMatchObject({ status: 'gap', reason: 'epoch', next: newest })
    expect(read(log, oldest).entries.map(({ data }) => data)).toEqual(['a'])
    expect(fromCursor(newest)!.sequence).toBe(1)
    expect(read(sqliteLog({ database: folder.open(), key: 'log' })).newest).toBe(newest)
    // A runtime that may not read the id of the start knows its time, at best.
    again.exec("UPDATE eventwire SET boot = '1700000000'")
    expect(read(sqliteLog({ database: folder.open(), key: 'log' })).newest).toBe(newest)
    again.exec("UPDATE eventwire SET boot = ''")
    const synced = folder.open({ pragmas: 'journal_mode = WAL, synchronous = FULL' })
    expect(read(sqliteLog({ database: synced, key: 'log' })).newest).toBe(newest)
    expect(synced.prepare('SELECT boot FROM eventwire').get()).toMatchObject({ boot: '' })
  })

  it('does not issue a position again when its entries, or it itself, were deleted by hand', async () => {
    const database = folder.open()
    const log = sqliteLog({ database, key: 'log' })
    const cursors = []
    for (const data of ['a', 'b', 'c', 'd', 'e']) cursors.push(...(await log.append(note(data))))
    database.exec('DELETE FROM eventwire_entries WHERE id & 0xff = 3')
    expect(read(log, cursors[0]).entries.map(({ data }) => data)).toEqual(['b'])
    expect(read(log, cursors[1])).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[2] })
    database.exec('DELETE FROM eventwire_entries WHERE id & 0xff = 5')
    expect(read(log, cursors[3])).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[4] })
    database.exec('DELETE FROM eventwire_entries')
    expect(read(log, cursors[0])).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[4] })
    const [sixth] = await log.append(note('f'))
    expect(fromCursor(sixth!)).toEqual({ epoch: fromCursor(cursors[0]!)!.epoch, sequence: 6 })
    const { newest: unborn } = read(sqliteLog({ database, key: 'other' }))
    database.exec('DELETE FROM eventwire_logs')
    expect(database.prepare('SELECT * FROM eventwire_entries').all()).toEqual([])
    expect(read(log, sixth)).toMatchObject({ status: 'gap', reason: 'epoch' })
    const [first] = await log.append(note('g'))
    expect(fromCursor(first!)!.epoch).not.toBe(fromCursor(sixth!)!.epoch)
    expect(read(sqliteLog({ database, key: 'other' })).newest).not.toBe(unborn)
  })

  it('keeps its bounds, for readers exactly and in the file nearly, and goes on counting when all is trimmed', async () => {
    const database = folder.open({ pragmas: 'journal_mode = WAL, synchronous = NORMAL' })
    const stored = () => database.prepare('SELECT count(*) AS n FROM eventwire_entries').get()!.n
    const log = sqliteLog({ database, key: 'log', maxEvents: 100 })
    const cursors = []
    for (let n = 1; n <= 1_000; n++) cursors.push(...(await log.append(note(`${n}`))))
    expect(stored()).toBeLessThan(120)
    expect(read(log, cursors[898])).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[899] })
    expect(read(log, cursors[899]).entries).toHaveLength(100)
    const bytes = sqliteLog({ database, key: 'bytes', maxBytes: 1_000 })
    for (let n = 0; n < 300; n++) await bytes.append(note('xxx'))
    const kept = Math.floor(1_000 / ('note'.length + 'xxx'.length))
    expect((bytes.read(read(bytes).oldest, 1_000) as Page).entries).toHaveLength(kept)
    expect(stored()).toBeLessThan(120 + kept + 20)
    database.exec('UPDATE eventwire_entries SET at = at - 60000')
    const aged = sqliteLog({ database, key: 'log', maxAge: 30_000 })
    expect(read(aged)).toMatchObject({ oldest: cursors[999], newest: cursors[999] })
    const [next] = await aged.append(note('young'))
    expect(
      database
        .prepare(
          'SELECT count(*) AS n FROM eventwire_entries e JOIN eventwire_logs l ON l.id = e.id >> 40 WHERE l.key = ?',
        )
        .get('log')!.n,
    ).toBe(1)
    expect(fromCursor(next!)!.sequence).toBe(1_001)
    expect(read(aged, cursors[999]).entries.map(({ data }) => data)).toEqual(['young'])
  })
})
