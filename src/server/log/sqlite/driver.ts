import { EventwireError } from '../../../shared/errors.ts'

/** The part of a Durable Object's `ctx.storage.sql` that is used. */
interface DurableSqlLike {
  exec(query: string, ...bindings: any[]): any
}

/**
 * A synchronous SQLite database, recognised by its methods: `DatabaseSync` of `node:sqlite` (Node and Deno), `Database` of
 * `better-sqlite3` or of `bun:sqlite`, or `ctx.storage.sql` of a Durable Object.
 */
export type SqliteDatabaseLike = { prepare(sql: string): any } | DurableSqlLike

export type Value = string | number | null
export type Row = Record<string, any>

/** The operations that the log needs of any driver. */
export interface Driver {
  /** Whether other processes may write, too. */
  readonly shared: boolean
  /** Whether the caller's own transaction is open. */
  readonly inTransaction: boolean
  all(sql: string, ...values: Value[]): Row[]
  /** All rows as arrays of their columns, which cost half as much as objects. A statement is used in one of the two ways. */
  rows<Columns>(sql: string, ...values: Value[]): readonly Columns[]
  /** The first row; `undefined` or `null` when there is none. */
  get(sql: string, ...values: Value[]): Row | null | undefined
  /** @returns how many rows it has changed. */
  run(sql: string, ...values: readonly Value[]): number
  /** Runs a task in a transaction of its own. */
  transaction<Result>(task: () => Result): Result
}

export function driverOf(database: unknown): Driver {
  const has = (method: string) => typeof (database as any)?.[method] === 'function'
  if (has('prepare')) return new StatementDriver(database)
  if (has('exec')) return durableDriver(database as DurableSqlLike)
  throw new EventwireError(
    'invalid-option',
    `database is ${database}; give a DatabaseSync, a Database of better-sqlite3 or bun:sqlite, or ctx.storage.sql`,
  )
}

class StatementDriver implements Driver {
  readonly shared: boolean = true
  readonly #database: any
  readonly #statements = new Map<string, any>()

  constructor(database: unknown) {
    this.#database = database
  }

  get inTransaction(): boolean {
    const { isTransaction, inTransaction } = this.#database
    return isTransaction ?? inTransaction ?? this.#probe()
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values)
  }

  rows<Columns>(sql: string, ...values: Value[]): readonly Columns[] {
    const statement = this.#statement(sql, true)
    if (statement.values) return statement.values(...values)
    const rows = statement.all(...values)
    return Array.isArray(rows[0]) ? rows : rows.map(Object.values)
  }

  get(sql: string, ...values: Value[]): Row | null | undefined {
    return this.#statement(sql).get(...values)
  }

  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  transaction<Result>(task: () => Result): Result {
    this.run('BEGIN IMMEDIATE')
    try {
      const result = task()
      this.run('COMMIT')
      return result
    } catch (error) {
      try {
        this.run('ROLLBACK')
      } catch {} // SQLite has rolled back by itself
      throw error
    }
  }

  /** Node before 22.16 does not say whether a transaction is open, but refuses a second one. */
  #probe(): boolean {
    try {
      this.run('BEGIN')
    } catch {
      return true
    }
    this.run('ROLLBACK')
    return false
  }

  #statement(sql: string, isRaw = false): any {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      // The caller's defaults are not for us.
      statement.setReadBigInts?.(false)
      statement.setReturnArrays?.(isRaw)
      // In Bun, `raw()` is another way to read.
      if (isRaw && !statement.values) statement.raw?.()
      if (statement.reader !== false) statement.safeIntegers?.(false)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

/** A Durable Object is the only one that writes, and what it writes without awaiting is one transaction. */
function durableDriver(sql: DurableSqlLike): Driver {
  const all: Driver['all'] = (query, ...values) => sql.exec(query, ...values).toArray()
  return {
    shared: false,
    inTransaction: false,
    all,
    rows: (query, ...values) => [...sql.exec(query, ...values).raw()],
    get: (...query) => all(...query)[0],
    run: (query, ...values) => sql.exec(query, ...values).rowsWritten,
    transaction: (task) => task(),
  }
}
