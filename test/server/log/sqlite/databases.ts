import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite'

/** A folder for the files of one test. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'eventwire-sqlite-'))
  readonly #open = new Set<DatabaseSync>()

  file(name = 'app.db'): string {
    return join(this.path, name)
  }

  /** Opens a database as an application does. */
  open({ name = 'app.db', pragmas = 'journal_mode = WAL', ...options }: Opening = {}): DatabaseSync {
    const database = new DatabaseSync(this.file(name), options)
    this.#open.add(database)
    for (const pragma of pragmas.split(', ')) if (pragma !== '') database.exec(`PRAGMA ${pragma}`)
    return database
  }

  remove(): void {
    for (const database of this.#open) if (database.isOpen) database.close()
    rmSync(this.path, { recursive: true, force: true })
  }
}

interface Opening extends DatabaseSyncOptions {
  readonly name?: string
  /** Separated by commas. */
  readonly pragmas?: string
}
