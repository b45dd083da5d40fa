// On each log, an event is reported as published once the readers at the head have been written to.
import { subscribe as listen, unsubscribe } from 'node:diagnostics_channel'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import '../../src/diagnostics/index.ts'
import { createChannel, type EventLog, memoryLog } from '../../src/server/index.ts'
import { sqliteLog } from '../../src/server/log/sqlite/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'

const database = new DatabaseSync(':memory:')
const LOGS: [name: string, log: () => EventLog, begin?: () => void, commit?: () => void][] = [
  ['memoryLog()', () => memoryLog()],
  ['sqliteLog()', () => sqliteLog({ database, key: 'a' })],
  [
    'sqliteLog() within a transaction of the caller',
    () => sqliteLog({ database, key: 'b' }),
    () => database.exec('BEGIN'),
    () => database.exec('COMMIT'),
  ],
]

it.each(LOGS)('%s', async (_, open, begin, commit) => {
  const channel = createChannel<{ message: string }>({ log: open() })
  const client = new ChannelClient(channel.response(requestAfter()))
  await client.take()
  const order: string[] = []
  const names = ['events.delivered', 'event.published'].map((name) => `eventwire:${name}`)
  const listeners = names.map((name) => () => void order.push(name))
  for (const [index, name] of names.entries()) listen(name, listeners[index]!)
  begin?.()
  const publications = ['one', 'two'].map((text) => channel.publish('message', text))
  commit?.()
  await Promise.all(publications)
  await client.until(({ events }) => events.length === 2)
  for (const [index, name] of names.entries()) unsubscribe(name, listeners[index]!)
  expect(order).toEqual([names[0], names[1], names[1]])
  await client.disconnect()
})
