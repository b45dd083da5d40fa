// The figures of a channel are those of its readers and its log at the moment of the call.
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createChannel, type EventLog, memoryLog, type ReaderOptions } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { pages } from '../../../src/server/pages/index.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  message: string
}

const KIB = 'x'.repeat(1024)

describe('channel.stats()', () => {
  it('is empty for a new channel', () => {
    const channel = createChannel<Events>()
    expect(channel.stats()).toEqual({ readers: 0, live: 0, behind: 0, buffered: 0, log: { entries: 0, bytes: 0 } })
  })

  it('counts readers at the head as live, and forgets them when they disconnect', async () => {
    const channel = createChannel<Events>()
    const clients = [1, 2].map(() => new ChannelClient(channel.response(requestAfter())))
    await Promise.all(clients.map((client) => client.take()))
    expect(channel.stats()).toMatchObject({ readers: 2, live: 2, behind: 0 })
    await clients[0]!.disconnect()
    expect(channel.stats()).toMatchObject({ readers: 1, live: 1, behind: 0 })
    await clients[1]!.disconnect()
  })

  it('counts a reader whose client does not read as behind, with the bytes that wait for it, until it has caught up', async () => {
    const channel = createChannel<Events>()
    const client = new ChannelClient(channel.response(requestAfter()))
    await client.take()
    for (let count = 0; count < 512; count++) await channel.publish('message', KIB)
    const { live, behind, buffered } = channel.stats()
    expect({ live, behind }).toEqual({ live: 0, behind: 1 })
    expect(buffered).toBeGreaterThan(64 * 1024)
    await client.until(({ events }) => events.length === 512)
    expect(channel.stats()).toMatchObject({ live: 1, behind: 0, buffered: 0 })
    await client.disconnect()
  })

  it('counts a reader that waits for its snapshot as behind', async () => {
    const channel = createChannel<Events>()
    let release!: () => void
    const snapshot = () => new Promise<void>((resolve) => (release = resolve))
    const client = new ChannelClient(channel.response(requestAfter(), { snapshot }))
    expect(channel.stats()).toMatchObject({ live: 0, behind: 1 })
    release()
    await client.until(({ types }) => types.includes('sse:cursor'))
    expect(channel.stats()).toMatchObject({ live: 1, behind: 0 })
    await client.disconnect()
  })

  it('counts a poll that waits at the head as live, and one that waits for its snapshot as behind, once', async () => {
    const channel = createChannel<Events>({ poll: pages() })
    const abort = new AbortController()
    const poll = (query: string, options?: ReaderOptions<Events>) =>
      channel.response(new Request(`http://localhost/?${query}`, { signal: abort.signal }), options)
    const waiting = poll('offset=now&live=long-poll')
    const beginning = poll('offset=begin', { snapshot: () => new Promise(() => {}) })
    await expect.poll(() => channel.stats()).toMatchObject({ readers: 2, live: 1, behind: 1 })
    abort.abort()
    await Promise.all([waiting, beginning])
    expect(channel.stats()).toMatchObject({ readers: 0, live: 0, behind: 0 })
  })

  it('has the entries and bytes that the log in memory holds, within its bounds', async () => {
    const log = memoryLog({ maxEvents: 10 })
    const channel = createChannel<Events>({ log })
    for (let count = 0; count < 30; count++) await channel.publish('message', KIB)
    expect(channel.stats().log!.entries).toBe(10)
    expect(channel.stats().log!.bytes).toBeGreaterThan(10 * 1024)
    log.close()
    expect(channel.stats().log).toEqual({ entries: 0, bytes: 0 })
  })

  it('has the entries and bytes that the log in SQLite keeps, and none once that is closed', async () => {
    const database = new DatabaseSync(':memory:')
    const log = sqliteLog({ database, key: 'stats', maxEvents: 10 })
    const channel = createChannel<Events>({ log })
    expect(channel.stats().log).toEqual({ entries: 0, bytes: 0 })
    for (let count = 0; count < 30; count++) await channel.publish('message', KIB)
    // The name and the payload as JSON: what `maxBytes` of this log counts.
    expect(channel.stats().log).toEqual({ entries: 10, bytes: 10 * ('message'.length + KIB.length + 2) })
    await channel.close()
    database.close()
    expect(channel.stats().log).toBeUndefined()
  })

  it('has no figures of a log without size()', () => {
    const kept = memoryLog()
    const log: EventLog = {
      append: (entries, options) => kept.append(entries, options),
      read: (after, limit, options) => kept.read(after, limit, options),
      follow: (onEntries, onLost) => kept.follow(onEntries, onLost),
      close: () => kept.close(),
    }
    expect(createChannel<Events>({ log }).stats().log).toBeUndefined()
  })
})
