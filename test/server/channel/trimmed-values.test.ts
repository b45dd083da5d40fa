// A process that begins on a log that was trimmed: SQLite keeps the values of keys, a memory log does not, and says so with a gap.
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createChannel, type EventLog, memoryLog, type ReaderOptions } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { Folder } from '../log/sqlite/databases.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'
import { promises } from './trimmed-values.ts'

interface Events {
  price: number
}

async function publish(log: EventLog, prices: readonly (readonly [string, number])[]): Promise<void> {
  const channel = createChannel<Events>({ log })
  for (const [key, amount] of prices) await channel.publish('price', amount, { key })
}

async function firstMessages(log: EventLog) {
  const client = new ChannelClient(createChannel<Events>({ log }).response(requestAfter(), { from: 'latest' }))
  await client.until(({ types }) => types.includes('sse:cursor'))
  await client.disconnect()
  return client
}

const PRICES = [['COLD', 1], ...Array.from({ length: 40 }, (_, amount) => ['HOT', amount] as const)] as const

describe('a log in SQLite', () => {
  it.each(Object.entries(promises))('%s', async (_, promise) => {
    const database = new DatabaseSync(':memory:')
    await promise(() => sqliteLog({ database, key: 'prices', maxEvents: 10 }))
    database.close()
  })

  it('of an earlier release, which kept no values: a gap, and the values of the history', async () => {
    const folder = new Folder()
    const open = () => sqliteLog({ database: folder.open(), key: 'prices', maxEvents: 10 })
    await publish(open(), PRICES)
    folder.open().exec('DROP TRIGGER eventwire_emptied; DROP TABLE eventwire_values')
    expect((await firstMessages(open())).types).toEqual(['sse:gap', 'price', 'sse:cursor'])
    await publish(open(), PRICES)
    const client = await firstMessages(open())
    expect([client.types.slice(0, 3), client.payloads]).toEqual([
      ['sse:gap', 'price', 'price'],
      [1, 39],
    ])
    folder.remove()
  })

  it('with maxAge forgets the values, too: a gap, exactly once, then the values of the history', async () => {
    const database = new DatabaseSync(':memory:')
    const open = () => sqliteLog({ database, key: 'prices', maxEvents: 10, maxAge: 60_000 })
    await publish(open(), PRICES)
    const client = await firstMessages(open())
    expect(client.types).toEqual(['sse:gap', 'price', 'sse:cursor'])
    expect(client.messages[0]).toMatchObject({ id: '' })
    expect(client.payloads).toEqual([39])
    expect(database.prepare('SELECT count(*) AS count FROM eventwire_values').get()).toEqual({ count: 0 })
  })

  it('removes its values when it is deleted', async () => {
    const database = new DatabaseSync(':memory:')
    await publish(sqliteLog({ database, key: 'prices', maxEvents: 10 }), PRICES)
    expect(database.prepare("SELECT key FROM eventwire_values WHERE key <> '' ORDER BY key").all()).toEqual([
      { key: 'COLD' },
      { key: 'HOT' },
    ])
    database.exec("DELETE FROM eventwire_logs WHERE key = 'prices'")
    expect(database.prepare('SELECT count(*) AS count FROM eventwire_values').get()).toEqual({ count: 0 })
  })
})

it('a memory log that was trimmed before its channel began: a gap, exactly once, then the values of the history', async () => {
  const log = memoryLog({ maxEvents: 10 })
  await publish(log, PRICES)
  const client = await firstMessages(log)
  expect(client.types).toEqual(['sse:gap', 'price', 'sse:cursor'])
  expect(client.payloads).toEqual([39])
})

it('a memory log that is trimmed later: a filter sees the values, and a gap only if one may be missing', async () => {
  const channel = createChannel<Events>({ log: memoryLog({ maxEvents: 10 }) })
  for (const [key, amount] of PRICES) channel.publish('price', amount, { key })
  const read = async (filter: (amount: number) => boolean) => {
    const options: ReaderOptions<Events> = { from: 'latest', filter: ({ data }) => filter(data as number) }
    const client = new ChannelClient(channel.response(requestAfter(), options))
    await client.until(({ types }) => types.includes('sse:cursor'))
    await client.disconnect()
    return [client.types.includes('sse:gap'), ...client.payloads]
  }
  expect(await read(() => true)).toEqual([false, 1, 39])
  expect(await read((amount) => amount < 30)).toEqual([true, 1])
  expect(await read((amount) => amount > 30)).toEqual([true, 39])
})
