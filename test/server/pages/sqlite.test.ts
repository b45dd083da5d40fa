// Pages of a channel over SQLite: an offset outlives the process, and what another channel of the machine appends ends a poll.
import { expect, it, onTestFinished } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { pages } from '../../../src/server/pages/index.ts'
import { Folder } from '../log/sqlite/databases.ts'
import { pagesFrom, payloads } from './page-client.ts'

it('continues after a restart, and reads what another process writes', async () => {
  const folder = new Folder()
  const open = () => {
    const log = sqliteLog({ database: folder.open(), key: 'log', poll: 5 })
    const channel = createChannel<{ note: number }>({ log, poll: pages() })
    return { channel, log, get: pagesFrom(channel) }
  }
  const first = open()
  await first.channel.publish('note', 1)
  const { next } = await first.get('offset=-1')
  await first.channel.publish('note', 2)
  await first.channel.close()
  await first.log.close()

  const [second, third] = [open(), open()]
  onTestFinished(async () => {
    for (const { channel, log } of [second, third]) {
      await channel.close()
      await log.close()
    }
    folder.remove()
  })
  const page = await second.get(`offset=${next}&live=long-poll`)
  expect(payloads(page)).toEqual([2])
  const polling = second.get(`offset=${page.next}&live=long-poll`)
  await expect.poll(() => second.channel.size).toBe(1)
  await third.channel.publish('note', 3)
  expect(payloads(await polling)).toEqual([3])
})
