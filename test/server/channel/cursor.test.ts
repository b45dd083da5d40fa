// The cursor of a channel is its head: a client that begins there is sent all that is published from then on, once.
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, vi } from 'vitest'
import { createChannel, type EventLog, memoryLog } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  note: number
}

const logs: Record<string, () => EventLog> = {
  'in memory': () => memoryLog(),
  'in SQLite': () => sqliteLog({ database: new DatabaseSync(':memory:'), key: 'notes' }),
}

describe.each(Object.entries(logs))('%s', (_, newLog) => {
  it('is the position of the newest event, and a position before the first', async () => {
    const channel = createChannel<Events>({ log: newLog() })
    const empty = await channel.cursor()
    const first = await channel.publish('note', 1)
    expect(await channel.cursor()).toBe(first)
    const client = new ChannelClient(channel.response(requestAfter(empty)))
    await client.until(({ events }) => events.length === 1)
    expect([client.payloads, client.types]).toEqual([[1], ['sse:cursor', 'note']])
    await client.disconnect()
  })

  it('includes what this tick has published', async () => {
    const channel = createChannel<Events>({ log: newLog() })
    const published = channel.publish('note', 1)
    const cursor = channel.cursor()
    expect(await cursor).toBe(await published)
  })

  it('replays what is published before the client connects, once', async () => {
    const channel = createChannel<Events>({ log: newLog() })
    channel.publish('note', 1)
    const cursor = await channel.cursor()
    channel.publish('note', 2)
    const client = new ChannelClient(channel.response(requestAfter(cursor)))
    channel.publish('note', 3)
    await client.until(({ events }) => events.length === 2)
    expect(client.payloads).toEqual([2, 3])
    await client.disconnect()
  })
})

it('does not count what a transaction has not committed', async () => {
  const database = new DatabaseSync(':memory:')
  const channel = createChannel<Events>({ log: sqliteLog({ database, key: 'notes' }) })
  const before = await channel.publish('note', 1)
  database.exec('BEGIN IMMEDIATE')
  channel.onError(() => {})
  channel.publish('note', 2)
  const within = channel.cursor()
  database.exec('ROLLBACK')
  expect(await within).toBe(before)
})

it('rejects when the log fails, which is reported to onError too', async () => {
  const log = memoryLog()
  const channel = createChannel<Events>({ log: { ...methodsOf(log), read: () => Promise.reject(new Error('gone')) } })
  const onError = vi.fn()
  channel.onError(onError)
  channel.cursor() // need not be awaited
  await expect(channel.cursor()).rejects.toMatchObject({
    code: 'log-failed',
    message: 'the log failed: gone; see the cause',
  })
  expect(onError).toHaveBeenCalled()
})

function methodsOf(log: EventLog): EventLog {
  return {
    append: (entries, options) => log.append(entries, options),
    read: (after, limit, options) => log.read(after, limit, options),
    follow: (onEntries, onLost) => log.follow(onEntries, onLost),
    close: () => log.close(),
  }
}
