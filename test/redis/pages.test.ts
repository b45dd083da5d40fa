// Pages of a channel over Redis: two machines give the same pages, a poll at one receives what the other publishes, a trimmed offset is a gap.
import { afterEach, describe, expect, inject, it } from 'vitest'
import { createChannel, type EventLog } from '../../src/server/index.ts'
import { type RedisLogOptions, redisLog } from '../../src/server/log/redis/index.ts'
import { pages } from '../../src/server/pages/index.ts'
import { pagesFrom, payloads } from '../server/pages/page-client.ts'
import { A_MINUTE, clients, newKey } from './clients.ts'

const url = inject('redisUrl')

describe.skipIf(url === undefined).each(Object.entries(clients))('pages over Redis, with %s', (_, connect) => {
  const open: { close(): Promise<void>; log: EventLog }[] = []
  const machine = (key: string, options: Partial<RedisLogOptions> = {}) => {
    const log = redisLog({ client: connect(url!), key, expireAfter: A_MINUTE, ...options })
    const channel = createChannel<{ note: number }>({ log, poll: pages({ maxEvents: 3 }) })
    open.push({ close: () => channel.close(), log })
    return channel
  }

  afterEach(async () => {
    for (const { close, log } of open.splice(0)) {
      await close()
      await log.close()
    }
  })

  it('are the same on two machines, and continue from one on the other', async () => {
    const key = newKey()
    const machines = [machine(key), machine(key)]
    for (let n = 0; n < 5; n++) await machines[0]!.publish('note', n)
    const [one, other] = machines.map((channel) => pagesFrom(channel)) as [
      ReturnType<typeof pagesFrom>,
      ReturnType<typeof pagesFrom>,
    ]
    const [first, same] = [await one('offset=-1'), await other('offset=-1')]
    expect([same.text, same.headers.get('ETag')]).toEqual([first.text, first.headers.get('ETag')])
    const second = await other(`offset=${first.next}&live=long-poll`)
    expect([...payloads(first), ...payloads(second)]).toEqual([0, 1, 2, 3, 4])
    const polling = one(`offset=${second.next}&live=long-poll`)
    await expect.poll(() => machines[0]!.size).toBe(1)
    await machines[1]!.publish('note', 5)
    expect(payloads(await polling)).toEqual([5])
    await machines[1]!.close({ final: true })
    expect((await one('offset=now&live=long-poll')).headers.get('Stream-Closed')).toBe('true')
  })

  it('report a gap for an offset that was trimmed', async () => {
    const channel = machine(newKey(), { maxEvents: 4 })
    const get = pagesFrom(channel)
    const { next } = await get('offset=now')
    for (let n = 0; n < 300; n++) await channel.publish('note', n)
    const gap = await get(`offset=${next}&live=long-poll`)
    expect(gap.messages.map(({ type }) => type)).toEqual(['sse:gap'])
    expect(gap.status).toBe(410)
    let last: unknown
    for (let { next } = gap, count = 0; last !== 299 && count < 300; count++) {
      const page = await get(`offset=${next}`)
      last = payloads(page).at(-1)
      next = page.next
    }
    expect(last).toBe(299)
  })
})
