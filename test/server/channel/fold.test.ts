// Whoever joins, leaves and returns while events are published: each client's state is the server's, on every log.
import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defineEvents } from '../../../src/index.ts'
import { createChannel, type EventLog, memoryLog } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { fold } from '../../../src/shared/fold/fold.ts'
import { collectEvents, createTestClient } from '../../../src/testing/index.ts'
import { Folder } from '../log/sqlite/databases.ts'
import { playOut, steps } from './folded-clients.ts'

const request = new Request('http://localhost/board')

describe('states are equal', () => {
  it.each([[4], [65_536]])('on a log in memory of %i events', async (maxEvents) => {
    await fc.assert(
      fc.asyncProperty(steps, (all) => playOut([memoryLog({ maxEvents })], all)),
      { numRuns: 60 },
    )
  })

  it('on a log in SQLite, two channels', async () => {
    const folder = new Folder()
    onTestFinished(() => folder.remove())
    let run = 0
    const property = fc.asyncProperty(steps, async (all) => {
      const key = `board/${run++}`
      const logs = [1, 2].map(() => sqliteLog({ database: folder.open(), key, poll: 1 }))
      await playOut(logs, all)
      for (const log of logs) await log.close()
    })
    await fc.assert(property, { numRuns: 20 })
  })

  it('on a log in SQLite of 8 events, one channel', async () => {
    const folder = new Folder()
    onTestFinished(() => folder.remove())
    let run = 0
    const property = fc.asyncProperty(steps, async (all) => {
      const log = sqliteLog({ database: folder.open(), key: `board/${run++}`, maxEvents: 8, poll: 1 })
      await playOut([log], all)
      log.close()
    })
    await fc.assert(property, { numRuns: 20 })
  })
})

it('a channel that missed trimmed events continues its fold behind the gap, and its clients receive its state', async () => {
  const folder = new Folder()
  onTestFinished(() => folder.remove())
  const logs = [1, 2].map(() => sqliteLog({ database: folder.open(), key: 'sum', maxEvents: 8, poll: 1 }))
  const [one, other] = logs.map((log) => createChannel<{ sum: number; added: number }>({ log }))
  const gaps: string[] = []
  const sum = fold(other!, {
    initial: 0,
    on: { added: (sum, item) => sum + item },
    onGap(_, { reason }) {
      gaps.push(reason)
      return 0
    },
  })
  for (let round = 1; round <= 3; round++) for (let item = 1; item <= 30; item++) one!.publish('added', item)
  await one!.publish('added', 1_000)
  await new Promise<void>((resolve) => sum.subscribe((sum) => sum >= 1_000 && resolve()))
  expect(gaps).toContain('trimmed')
  const response = other!.response(request, { snapshot: (stream) => void stream.send('sum', sum.get()) })
  expect((await collectEvents(response, { count: 1 }))[0]!.data).toBe(sum.get())
  for (const channel of [one!, other!]) await channel.close()
  for (const log of logs) await log.close()
})

/** A log over a network: it answers later, and its followers learn of entries later still. */
function remote(log: EventLog): EventLog & { release(): void; hold(): void } {
  let held: (() => void)[] | undefined
  return {
    append: async (entries, options) => log.append(entries, options),
    read: async (...read) => {
      await new Promise((resolve) => setTimeout(resolve))
      return log.read(...read)
    },
    follow: (onEntries, onLost) =>
      log.follow((entries) => (held ? void held.push(() => onEntries(entries)) : onEntries(entries)), onLost),
    close: () => log.close(),
    hold() {
      held = []
    },
    release() {
      const calls = held ?? []
      held = undefined
      for (const call of calls) call()
    },
  }
}

describe('a snapshot on a log over a network', () => {
  it('waits until the fold has read the history', async () => {
    const log = memoryLog()
    await log.append([1, 2, 3].map((item) => ({ type: 'added', data: `${item}` })))
    const channel = createChannel<{ sum: number; added: number }>({ log: remote(log) })
    const sum = fold(channel, { initial: 0, on: { added: (sum, item) => sum + item } })
    expect(sum.get()).toBe(0)
    const response = channel.response(request, { snapshot: (stream) => void stream.send('sum', sum.get()) })
    const [first] = await collectEvents(response, { count: 1 })
    expect(first?.data).toBe(6)
    await channel.close()
  })

  it('stands where the fold stands, not at a head that the fold has not seen', async () => {
    const log = memoryLog()
    const slow = remote(log)
    const channel = createChannel<{ sum: number; added: number }>({ log: slow })
    const sum = fold(channel, { initial: 0, on: { added: (sum, item) => sum + item } })
    await channel.publish('added', 1)
    await new Promise<void>((resolve) => sum.subscribe((sum) => sum === 1 && resolve()))
    slow.hold()
    log.append([{ type: 'added', data: '10' }])
    const response = channel.response(request, { snapshot: (stream) => void stream.send('sum', sum.get()) })
    const client = createTestClient<{ sum: number; added: number }>(response)
    const events = await client.collect({ count: 2 })
    slow.release()
    await channel.publish('added', 100)
    events.push(await client.next())
    expect(events.map(({ data }) => data)).toEqual([1, 10, 100])
    expect(sum.get()).toBe(111)
    await client.disconnect()
    await channel.close()
  })
})

it('an asynchronous schema is folded in order, and a snapshot waits for it', async () => {
  const events = defineEvents({
    added: {
      encode: (item: number) => `${item}`,
      decode: async (text: string) => {
        await new Promise((resolve) => setTimeout(resolve, text === '1' ? 5 : 0))
        return Number(text)
      },
    },
  })
  const channel = createChannel({ events })
  const items = fold(channel, { initial: [] as number[], on: { added: (items, item) => [...items, item] } })
  for (const item of [1, 2, 3]) channel.publish('added', item)
  const snapshot = new Promise((resolve) => {
    channel.response(request, { snapshot: () => resolve(items.get()) })
  })
  expect(await snapshot).toEqual([1, 2, 3])
  await channel.close()
})
