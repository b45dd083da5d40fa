// Several processes append to one log in a file: conditions hold between them, and who follows misses nothing.
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createChannel } from '../../../../src/server/index.ts'
import type { LogEntry } from '../../../../src/server/log/event-log.ts'
import { fromCursor } from '../../../../src/server/log/position.ts'
import { sqliteLog } from '../../../../src/server/log/sqlite/index.ts'
import { createTestClient } from '../../../../src/testing/index.ts'
import { appendTogether, checkClaims, readAll } from '../appending.ts'
import { Folder } from './databases.ts'

const EVENTS = Number(process.env.SQLITE_EVENTS ?? 200_000)

let folder: Folder
beforeEach(() => {
  folder = new Folder()
})
afterEach(() => folder.remove())

it('of those that append after the same position one is taken, from the empty log on', async () => {
  const log = sqliteLog({ database: folder.open(), key: 'log' })
  const { newest: start } = await log.read(undefined, 0)
  const conflicts = await appendTogether(4, 'sqlite', folder.file(), 'log', 'claim', '250')
  const entries = await readAll(log)
  expect(entries).toHaveLength(4 * 250 * 2)
  checkClaims(start, entries)
  expect(conflicts).toHaveLength(4)
})

it(`two processes publish ${EVENTS} events, and followers miss none`, async () => {
  const bounds = { maxEvents: 1_000_000, maxBytes: 1_000_000_000 }
  const followers = [1, 10].map((poll) => {
    const seen: LogEntry[] = []
    const log = sqliteLog({ database: folder.open(), key: 'log', poll, ...bounds })
    log.follow(
      (entries) => {
        for (const entry of entries) seen.push(entry)
      },
      () => expect.fail('lost'),
    )
    return { log, seen }
  })
  await appendTogether(2, 'sqlite', folder.file(), 'log', 'publish', `${EVENTS / 2}`)
  for (const { seen } of followers) {
    await expect.poll(() => seen.length).toBe(EVENTS)
    const next = new Map<string, number>()
    for (const [index, { cursor, data }] of seen.entries()) {
      const [by, n] = data.split(' ')
      if (fromCursor(cursor)!.sequence !== index + 1) expect.fail(`${cursor} is number ${index + 1}`)
      if (Number(n) !== (next.get(by!) ?? 0)) expect.fail(`${data}, where ${next.get(by!)} was to come`)
      next.set(by!, Number(n) + 1)
    }
    expect([...next.values()]).toEqual([EVENTS / 2, EVENTS / 2])
  }
  for (const { log } of followers) log.close()
})

it('a process appends behind the entries of another, also when those at its own head have been trimmed', async () => {
  const [one, other] = [1, 2].map(() => sqliteLog({ database: folder.open(), key: 'log', maxEvents: 8, poll: 1 }))
  const append = async (log = one!) => fromCursor((await log.append([{ type: 'note', data: '1' }]))[0]!)!.sequence
  expect(await append()).toBe(1)
  for (let sequence = 2; sequence <= 40; sequence++) expect(await append(other)).toBe(sequence)
  expect(await append()).toBe(41)
  const { newest } = await other!.read(undefined, 0)
  expect(fromCursor(newest)!.sequence).toBe(41)
  for (const log of [one!, other!]) await log.close()
})

it('a process does not issue a position again that another had and that was deleted by hand', async () => {
  const database = folder.open()
  const [one, other] = [database, folder.open()].map((database) => sqliteLog({ database, key: 'log' }))
  const append = async (log = one!) => fromCursor((await log.append([{ type: 'note', data: '1' }]))[0]!)!.sequence
  expect(await append()).toBe(1)
  expect(await append(other)).toBe(2)
  expect(await append(other)).toBe(3)
  database.exec('DELETE FROM eventwire_entries WHERE id & 0xff = 2')
  expect(await append()).toBe(4)
  database.exec('DELETE FROM eventwire_entries WHERE id & 0xff = 4')
  expect(await append(other)).toBe(5)
  for (const log of [one!, other!]) await log.close()
})

it('a process that follows no more ends by itself', () => {
  const program = `
    import { DatabaseSync } from 'node:sqlite'
    const { sqliteLog } = await import('${new URL('../../../../src/server/log/sqlite/index.ts', import.meta.url)}')
    const [one, two] = [1, 2].map(() => {
      const database = new DatabaseSync(${JSON.stringify(folder.file())})
      database.exec('PRAGMA journal_mode = WAL')
      return sqliteLog({ database, key: 'log', poll: 1 })
    })
    const end = one.follow(
      ([{ data }]) => {
        console.log(data)
        end()
      },
      () => console.log('lost'),
    )
    two.append([{ type: 'note', data: 'followed' }])`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect({ stdout, stderr, status }).toEqual({ stdout: 'followed\n', stderr: '', status: 0 })
})

/** A log that is followed, and one over another connection to the file, as another process has it. */
function behind() {
  const [log, elsewhere] = [folder.open(), folder.open()].map((database) => sqliteLog({ database, key: 'log' }))
  const unfollow = log!.follow(
    () => {},
    () => {},
  )
  return { log: log!, elsewhere: elsewhere!, unfollow }
}

it('a channel that begins before its log has seen the newest entries delivers each of them once', async () => {
  const { log, elsewhere, unfollow } = behind()
  await elsewhere.append([{ type: 'note', data: '1' }])
  const channel = createChannel<{ note: number }>({ log })
  const client = createTestClient<{ note: number }>(
    channel.response(new Request('http://localhost/'), { from: 'start' }),
  )
  expect((await client.next()).data).toBe(1)
  await elsewhere.append([{ type: 'note', data: '2' }])
  expect((await client.next()).data).toBe(2)
  await client.disconnect()
  unfollow()
})

it('a channel that begins before its log has seen the end closes its readers', async () => {
  const { log, elsewhere, unfollow } = behind()
  await elsewhere.append([
    { type: 'note', data: '1' },
    { type: 'sse:end', data: '{}' },
  ])
  const channel = createChannel<{ note: number }>({ log })
  const response = channel.response(new Request('http://localhost/'), { from: 'start' })
  expect(await response.text()).toContain('event: sse:end')
  await expect(channel.publish('note', 2)).rejects.toMatchObject({ code: 'closed' })
  unfollow()
})
