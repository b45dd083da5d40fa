import { EventwireError, reasonOf } from '../../../shared/errors.ts'
import { END_EVENT } from '../../../shared/wire/names.ts'
import { newEpoch } from '../position.ts'
import { retrying } from './busy.ts'
import type { Driver } from './driver.ts'
import { bootId, isSameBoot, networkOf } from './machine.ts'

const VERSION = 1
/** Milliseconds for which another process may set the file up. */
const BUSY_TIMEOUT = 5_000
/** An epoch is a word of this length in characters, which all logs of a file share, and a hash of the key. */
const WORD = 14

/**
 * The id of an entry is the number of its log and its position, 40 bits. What is appended to the newest log stands at the end of the table,
 * where SQLite is a third faster.
 */
export const LAST: number = 2 ** 40 - 1

const TABLES: Record<string, string> = {
  eventwire: 'version INTEGER, word TEXT, boot TEXT',
  eventwire_logs:
    'id INTEGER PRIMARY KEY CHECK (id < 1 << 23), key TEXT UNIQUE, epoch TEXT, sequence INTEGER, bytes INTEGER, at INTEGER, ended INTEGER',
  eventwire_entries:
    'id INTEGER PRIMARY KEY, at INTEGER, before INTEGER, size INTEGER, token INTEGER, type TEXT, data TEXT, topics TEXT, key TEXT, forget INTEGER',
  eventwire_values: 'log INTEGER, type TEXT, key TEXT, topics TEXT, sequence INTEGER, data TEXT, forget INTEGER',
}

const REST = [
  'CREATE INDEX IF NOT EXISTS eventwire_keys ON eventwire_entries (type, key) WHERE key IS NOT NULL',
  'CREATE UNIQUE INDEX IF NOT EXISTS eventwire_subjects ON eventwire_values (log, type, key, topics)',
  // The newest entry says which position is next. When it is deleted by hand, the row of the log has to say that. The row also
  // says up to where positions may lack an entry, so that none of them is issued again.
  `CREATE TRIGGER IF NOT EXISTS eventwire_cut AFTER DELETE ON eventwire_entries BEGIN
    UPDATE eventwire_logs SET sequence = OLD.id & ${LAST}, bytes = OLD.before + OLD.size, at = OLD.at,
      ended = OLD.type = '${END_EVENT}' WHERE id = OLD.id >> 40 AND sequence < OLD.id & ${LAST};
  END`,
  // Positions of a log that was deleted by hand must not come to stand for other entries.
  `CREATE TRIGGER IF NOT EXISTS eventwire_deleted AFTER DELETE ON eventwire_logs BEGIN
    DELETE FROM eventwire_entries WHERE id >= OLD.id << 40 AND id <= (OLD.id << 40 | ${LAST});
    UPDATE eventwire SET word = substr(lower(hex(randomblob(8))), 1, ${WORD});
  END`,
  `CREATE TRIGGER IF NOT EXISTS eventwire_emptied AFTER DELETE ON eventwire_logs BEGIN
    DELETE FROM eventwire_values WHERE log = OLD.id;
  END`,
]

function refusal(message: string): EventwireError {
  return new EventwireError('invalid-option', `database ${message}`)
}

/** Checks that a database can hold logs, and creates their tables where they are missing. */
export function openSchema(driver: Driver): void {
  try {
    if (driver.inTransaction) throw refusal('has an open transaction; create the log before it or behind it')
    retrying(() => {
      const isVolatile = driver.shared && checkFile(driver)
      if (!isUpToDate(driver)) driver.transaction(() => create(driver))
      if (driver.shared) driver.transaction(() => compareBoot(driver, isVolatile))
    }, BUSY_TIMEOUT)
  } catch (cause) {
    if (cause instanceof EventwireError) throw cause
    throw explained('open the database', cause, true)
  }
}

const ADVICE: readonly [what: RegExp, advice: string, isWrong?: true][] = [
  [/read-?only/, 'open it for writing, and let the process write to the file and its folder', true],
  [/malformed|not a database/, 'the file is damaged or of another kind; restore it', true],
  [/full/, 'nothing was appended; free some space and try again'],
  [/locked|BUSY/, 'another process writes for too long; nothing was appended, try again'],
  [/not open|finalized|closed/, 'the database was closed; close the log before it'],
]

/** SQLite's error with advice. While a log is opened, a database that cannot hold one is an `invalid-option`. */
export function explained(purpose: string, cause: unknown, isOpening = false): EventwireError {
  const reason = reasonOf(cause)
  const [, advice, isWrong] = ADVICE.find(([what]) => what.test(reason)) ?? [undefined, 'see the cause']
  const code = isOpening && isWrong ? 'invalid-option' : 'log-failed'
  return new EventwireError(code, `${purpose}: ${reason}; ${advice}`, { cause })
}

/** The epoch under which a log of this key begins. */
export function epochFor(driver: Driver, key: string): string {
  return driver.all('SELECT word FROM eventwire')[0]!.word + hashOf(key)
}

/** @returns whether a crash of the machine may cost the last transactions. */
function checkFile(driver: Driver): boolean {
  const { file } = driver.all("SELECT file FROM pragma_database_list WHERE name = 'main'")[0]!
  if (!file) return false
  const network = networkOf(file)
  if (network !== undefined) throw refusal(`${file} is on a network file system (${network}); use a local disk`)
  const mode = driver.all('PRAGMA journal_mode')[0]!.journal_mode
  if (mode !== 'wal') throw refusal(`${file} has the journal mode ${mode}; run PRAGMA journal_mode = WAL first`)
  return driver.all('PRAGMA synchronous')[0]!.synchronous < 2
}

/** @throws {EventwireError} `invalid-option` when other tables have these names. */
function isUpToDate(driver: Driver): boolean {
  let count = 0
  for (const [table, columns] of Object.entries(TABLES)) {
    const names = driver.all(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => name)
    if (names.length === 0) continue
    if (table === 'eventwire' && names.includes('version')) checkVersion(driver)
    const wanted = columns.split(', ')
    if (names.join() !== wanted.map((column) => column.split(' ')[0]).join()) {
      throw refusal(`has a table ${table} that is not of this library; rename it`)
    }
    count++
  }
  return count === Object.keys(TABLES).length && driver.all('SELECT 1 FROM eventwire').length > 0
}

function checkVersion(driver: Driver): void {
  const version = driver.all('SELECT version FROM eventwire')[0]?.version ?? VERSION
  if (version === VERSION) return
  throw refusal(
    `has logs of schema version ${version}, and this release knows ${VERSION}; update all processes, or drop its tables`,
  )
}

function create(driver: Driver): void {
  for (const [table, columns] of Object.entries(TABLES)) {
    driver.run(`CREATE TABLE IF NOT EXISTS ${table} (${columns})`)
  }
  for (const statement of REST) driver.run(statement)
  if (driver.all('SELECT 1 FROM eventwire').length === 0) {
    driver.run("INSERT INTO eventwire VALUES (?, ?, '')", VERSION, newWord())
  }
}

/** Since another start of the machine, the newest entries may be missing: no position of before holds any more. */
function compareBoot(driver: Driver, isVolatile: boolean): void {
  driver.run('DELETE FROM eventwire WHERE 0') // asks whether it may be written to
  const { boot } = driver.all('SELECT boot FROM eventwire')[0]!
  const now = bootId()
  const isAnother = !isSameBoot(boot, now)
  if (isAnother) beginAnew(driver)
  if (isAnother || (isVolatile && boot === '')) driver.run('UPDATE eventwire SET boot = ?', isVolatile ? now : '')
}

function beginAnew(driver: Driver): void {
  const word = newWord()
  driver.run('UPDATE eventwire SET word = ?', word)
  driver.run(`UPDATE eventwire_logs SET epoch = ? || substr(epoch, ${WORD + 1})`, word)
}

function newWord(): string {
  return newEpoch().padEnd(WORD, '0')
}

/** 64 bits of FNV-1a, in two halves. */
function hashOf(key: string): string {
  let [one, two] = [0x811c9dc5, 0xcbf29ce4]
  for (let index = 0; index < key.length; index++) {
    one = Math.imul(one ^ key.charCodeAt(index), 0x01000193)
    two = Math.imul(two ^ key.charCodeAt(index), 0x5bd1e995)
  }
  return (one >>> 0).toString(36) + (two >>> 0).toString(36)
}
