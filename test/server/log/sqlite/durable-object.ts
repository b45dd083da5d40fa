/** A worker with a Durable Object that runs the contract over its own storage, and answers what fails. It has runs, too. */
import { type SqliteDatabaseLike, sqliteLog } from '../../../../src/server/log/sqlite/index.ts'
import { createRuns, type Runs } from '../../../../src/server/runs/index.ts'
import { eventLogTests } from '../../../../src/testing/index.ts'

interface Namespace {
  idFromName(name: string): unknown
  get(id: unknown): { fetch(request: Request): Promise<Response> }
}

export class Logs {
  readonly #sql: SqliteDatabaseLike
  #answers: Runs<{ token: number }> | undefined

  constructor(context: { storage: { sql: SqliteDatabaseLike } }) {
    this.#sql = context.storage.sql
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/contract') return Response.json(await this.#contract())
    if (pathname.startsWith('/runs/')) return this.#runs(request, pathname.slice('/runs/'.length))
    const log = sqliteLog({ database: this.#sql, key: 'kept' })
    const { newest, oldest } = await log.read(undefined, 0)
    if (pathname === '/append') await log.append([{ type: 'note', data: `behind ${newest}` }])
    const { entries } = await log.read(oldest, 10)
    return Response.json(entries.map(({ data, cursor }) => [data, cursor]))
  }

  /** Starts a run with POST, stops it with DELETE, reads it with GET. */
  async #runs(request: Request, id: string): Promise<Response> {
    this.#answers ??= createRuns<{ token: number }>({
      log: (id) => sqliteLog({ database: this.#sql, key: `runs/${id}` }),
      lease: 300,
      async *run({ signal }) {
        for (let count = 1; !signal.aborted; count++) {
          yield { type: 'token', data: count }
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      },
    })
    if (request.method === 'POST') return Response.json(await this.#answers.start(id))
    if (request.method === 'DELETE') return Response.json(await this.#answers.stop(id))
    return this.#answers.response(request, id)
  }

  async #contract(): Promise<{ passed: number; failures: string[] }> {
    let count = 0
    const failures: string[] = []
    const open = ({ maxEvents }: { maxEvents: number }) =>
      sqliteLog({ database: this.#sql, key: `log ${count++}`, maxEvents })
    for (const { name, run } of eventLogTests({ open })) {
      await run().catch((error: Error) => failures.push(`${name}: ${error.stack}`))
    }
    return { passed: count - failures.length, failures }
  }
}

export default {
  fetch(request: Request, { LOGS }: { LOGS: Namespace }): Promise<Response> {
    return LOGS.get(LOGS.idFromName('one')).fetch(request)
  },
}
