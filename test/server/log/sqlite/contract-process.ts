/** Runs the contract over the driver that a runtime has, and prints what fails. The arguments: the driver, a folder. */

import { sqliteLog } from '../../../../src/server/log/sqlite/index.ts'
import { eventLogTests } from '../../../../src/testing/index.ts'

const [driver, folder] = process.argv.slice(2)
const open: (file: string) => Promise<any> = async (file) => {
  if (driver === 'bun:sqlite') return new (await import('bun:sqlite' as string)).Database(file)
  if (driver === 'better-sqlite3') return new (await import('better-sqlite3')).default(file)
  return new (await import('node:sqlite')).DatabaseSync(file)
}
let count = 0
const options = async ({ maxEvents }: { maxEvents: number }) => {
  const database = await open(`${folder}/${count++}.db`)
  database.exec('PRAGMA journal_mode = WAL')
  return { database, key: 'log', maxEvents }
}
let failed = 0
const check = async (name: string, run: () => Promise<void>) => {
  try {
    await run()
  } catch (error) {
    failed++
    console.log(`FAIL ${name}: ${error instanceof Error ? error.stack : error}`)
  }
}

const tests = eventLogTests({ open: async (bounds) => sqliteLog(await options(bounds)) })
for (const { name, run } of tests) await check(name, run)

await check('an event exists if and only if the transaction commits', async () => {
  const { database } = await options({ maxEvents: 10 })
  const log = sqliteLog({ database, key: 'log' })
  const seen: string[] = []
  log.follow(
    (entries) => seen.push(...entries.map(({ data }) => data)),
    () => seen.push('lost'),
  )
  for (const ending of ['COMMIT', 'ROLLBACK', 'COMMIT']) {
    database.exec('BEGIN')
    const appended = Promise.resolve(log.append([{ type: 'note', data: ending }]))
    const outcome = appended.then(
      () => 'COMMIT',
      () => 'ROLLBACK',
    )
    database.exec(ending)
    if ((await outcome) !== ending) throw new Error(`${ending}: the promise says ${await outcome}`)
  }
  await log.close()
  database.close()
  if (seen.join() !== 'COMMIT,COMMIT') throw new Error(seen.join())
})

await check('another connection is followed', async () => {
  const file = `${folder}/${count++}.db`
  const [one, two] = [await open(file), await open(file)]
  one.exec('PRAGMA journal_mode = WAL')
  const logs = [one, two].map((database) => sqliteLog({ database, key: 'log', poll: 1 }))
  const arrived = new Promise<string>((resolve) => {
    logs[1]!.follow(
      ([entry]) => resolve(entry!.data),
      () => resolve('lost'),
    )
  })
  await logs[0]!.append([{ type: 'note', data: 'hello' }])
  const data = await arrived
  for (const log of logs) await log.close()
  for (const database of [one, two]) database.close()
  if (data !== 'hello') throw new Error(data)
})
console.log(failed === 0 ? `${tests.length} and 2 passed` : `${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
