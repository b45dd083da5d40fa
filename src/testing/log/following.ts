import type { LogEntry } from '../../server/log/event-log.ts'
import { equal } from './assert.ts'
import { ignoringUncaught } from './uncaught.ts'
import { dataOf, has, type LogUnderTest } from './under-test.ts'

type Test = (log: LogUnderTest) => Promise<void>

/** The live end of a log, and its close. */
export const following: { readonly [name: string]: Test } = {
  async 'delivers to followers what is appended from now on, in order and once'(log) {
    await log.publish('before')
    const [seen, others]: LogEntry[][] = [[], []]
    log.follow(seen!)
    log.follow(others!)
    const cursors = await log.publish('a', 'b', 'c')
    await has(seen!, 3)
    await has(others!, 3)
    equal(
      seen!.map(({ data, cursor }) => [data, cursor]),
      ['a', 'b', 'c'].map((data, index) => [data, cursors[index]]),
      'entries',
    )
    equal(others, seen, 'entries of the other')
  },

  async 'has given an entry to followers when its append resolves'(log) {
    const seen: LogEntry[] = []
    log.follow(seen)
    const numbers = Array.from({ length: 20 }, (_, n) => `${n}`)
    for (const n of numbers) {
      const [cursor] = await log.publish(n)
      equal(seen.at(-1)?.cursor, cursor, `cursor of entry ${n}`)
    }
    equal(dataOf({ entries: seen }), numbers, 'entries')
  },

  async 'lets no failing follower disturb an append or another follower'(log) {
    await ignoringUncaught('a bug of the follower', async () => {
      log.log.follow(
        () => {
          throw new Error('a bug of the follower')
        },
        () => {},
      )
      const seen: LogEntry[] = []
      log.follow(seen)
      await log.publish('a', 'b')
      await has(seen, 2)
      equal(dataOf({ entries: seen }), ['a', 'b'], 'entries')
    })
  },

  async 'goes on following when it is followed again'(log) {
    log.follow([])()
    await log.publish('before')
    const seen: LogEntry[] = []
    log.follow(seen)
    await log.publish('a')
    await has(seen, 1)
    equal(dataOf({ entries: seen }), ['a'], 'entries')
  },

  async 'reports no loss while followers receive every entry'(log) {
    let losses = 0
    const seen: LogEntry[] = []
    log.follow(seen, () => losses++)
    await log.publish(...'abcdefghijklmnopqrstuvwxyz')
    await has(seen, 26)
    equal(losses, 0, 'losses')
  },

  async 'leaves a follower alone that has ended it'(log) {
    const [seen, others]: LogEntry[][] = [[], []]
    const end = log.follow(seen!)
    log.follow(others!)
    end()
    end()
    await log.publish('a')
    await has(others!, 1)
    equal(seen, [], 'entries')
  },

  async 'can be closed twice'(log) {
    await log.log.close()
    await log.log.close()
  },
}
