// Positions, bounds and lives of a log are what Redis says they are, whoever else writes, and asking it costs little.
import { readFile } from 'node:fs/promises'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EventLog, LogEntry } from '../../src/server/log/event-log.ts'
import { fromCursor } from '../../src/server/log/position.ts'
import { type RedisClientLike, type RedisLogOptions, redisLog } from '../../src/server/log/redis/index.ts'
import { clients, newKey } from './clients.ts'
import { RedisServer } from './redis-server.ts'

describe.skipIf(!RedisServer.installed).each(Object.entries(clients))('redisLog() with %s', (_, connect) => {
  let server: RedisServer
  let admin: ReturnType<typeof adminOf>
  let logs: EventLog[] = []

  const adminOf = (url: string) => createClient({ url })
  const open = (options: Partial<RedisLogOptions> & { key: string }) => {
    const log = redisLog({ client: connect(server.url), ...options })
    logs.push(log)
    return log
  }
  const note = (data: string) => [{ type: 'note', data }]
  const append = async (log: EventLog, data: string) => (await log.append(note(data)))[0]!
  const collect = (log: EventLog) => {
    const seen: LogEntry[] = []
    log.follow(
      (entries) => seen.push(...entries),
      () => seen.push({ type: 'lost', data: 'lost', cursor: '' }),
    )
    return seen
  }
  /** A log is there once it was followed. */
  const begin = async (log: EventLog) => {
    const end = log.follow(
      () => {},
      () => {},
    )
    const { newest } = await log.read(undefined, 0)
    end()
    return newest
  }
  const dataOf = (entries: readonly LogEntry[]) => entries.map(({ data }) => data)
  const streamOf = (key: string) => `eventwire:{${key}}`
  /** Adds an entry as the log does, without a notification. */
  const addUntold = async (key: string, data: string, at = Date.now()) => {
    const [, epoch] = (await admin.get(`${streamOf(key)}:life`))!.split(' ')
    return admin.sendCommand(['XADD', streamOf(key), `${epoch}-*`, 'e', `["note"]\n${data}`, 'a', `${at}`])
  }
  const calls = async (command: string) => {
    const stats = await admin.info('commandstats')
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  }
  const connections = async () => {
    const list = (await admin.sendCommand(['CLIENT', 'LIST'])) as string
    return list.trim().split('\n').length - 1
  }

  beforeAll(async () => {
    server = await RedisServer.start()
    admin = adminOf(server.url)
    await admin.connect()
  })
  afterEach(async () => {
    for (const log of logs) await log.close()
    logs = []
  })
  afterAll(async () => {
    admin.destroy()
    await server.stop()
  })

  it('gives concurrent publishers on several connections one order without holes', async () => {
    const key = newKey()
    const writers = Array.from({ length: 5 }, () => open({ key }))
    const seen = writers.map(collect)
    for (const log of writers) await log.read(undefined, 0)
    const cursors = new Map<string, string>()
    await Promise.all(
      writers.map(async (log, writer) => {
        const appends = Array.from({ length: 200 }, async (_, n) => {
          cursors.set(`${writer}:${n}`, await append(log, `${writer}:${n}`))
        })
        await Promise.all(appends)
      }),
    )
    for (const entries of seen) await expect.poll(() => entries.length).toBe(1_000)
    const [first] = seen
    for (const entries of seen) expect(entries).toEqual(first)
    expect(first!.map(({ cursor }) => fromCursor(cursor)!.sequence)).toEqual(
      Array.from({ length: 1_000 }, (_, n) => n + 1),
    )
    for (const { data, cursor } of first!) expect(cursors.get(data)).toBe(cursor)
    for (const writer of writers.keys()) {
      const own = dataOf(first!).filter((data) => data.startsWith(`${writer}:`))
      expect(own).toEqual(Array.from({ length: 200 }, (_, n) => `${writer}:${n}`))
    }
  })

  it('keeps the trace context of an entry, notified and read, and no other member changes', async () => {
    const key = newKey()
    const [writer, reader] = [open({ key }), open({ key })]
    const seen = collect(reader)
    await reader.read(undefined, 0)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const entries = [
      { type: 'note', data: 'a', traceparent },
      { type: 'note', data: 'b', topics: ['x'], traceparent },
      { type: 'note', data: 'c', key: 'k', traceparent },
      { type: 'note', data: 'd', topics: ['x'], key: 'k', forget: true, traceparent },
      { type: 'note', data: 'e' },
    ]
    const cursors = await writer.append(entries)
    await expect.poll(() => seen.length).toBe(5)
    const expected = entries.map((entry, index) => ({ ...entry, cursor: cursors[index] }))
    expect(seen).toEqual(expected)
    const stored = open({ key })
    expect((await stored.read(`${fromCursor(cursors[0]!)!.epoch}.0`, 10)).entries).toEqual(expected)
  })

  it('knows how many entries it has once it is followed, without asking Redis, and not their bytes', async () => {
    const key = newKey()
    const [log, other] = Array.from({ length: 2 }, () => open({ key, maxEvents: 10 }))
    expect(log!.size!()).toBeUndefined()
    const seen = collect(log!)
    await log!.read(undefined, 0)
    expect(log!.size!()).toEqual({ entries: 0 })
    for (let count = 0; count < 30; count++) await append(other!, 'x')
    await expect.poll(() => seen.length).toBe(30)
    const before = await calls('evalsha')
    expect(log!.size!()).toEqual({ entries: 10 })
    expect(await calls('evalsha')).toBe(before)
  })

  it('notifies in the order of the positions', async () => {
    const key = newKey()
    const notified: number[] = []
    const listener = admin.duplicate()
    await listener.connect()
    await listener.subscribe(`${streamOf(key)}:live`, (message) => {
      const [position, ...lengths] = message.slice(0, message.indexOf('\n')).split(' ')
      const last = Number(position!.split('-')[1])
      notified.push(...lengths.map((_, index) => last - lengths.length + index + 1))
    })
    const writers = [open({ key }), open({ key }), open({ key })]
    await Promise.all(writers.flatMap((log) => Array.from({ length: 100 }, () => append(log, 'x'))))
    await expect.poll(() => notified.length).toBe(300)
    expect(notified).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))
    listener.destroy()
  })

  it('fills what was not notified from the stream, in order', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    await append(log, 'a')
    await addUntold(key, 'b')
    await addUntold(key, 'c')
    await append(log, 'd')
    expect(dataOf(seen)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('fills much that was not notified, page by page', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    await append(log, 'first')
    const [, epoch] = (await admin.get(`${streamOf(key)}:life`))!.split(' ')
    const add = `for n = 1, 2000 do redis.call('XADD', KEYS[1], ARGV[1] .. '-*', 'e', '["note"]\\n' .. n, 'a', '1') end`
    await admin.eval(add, { keys: [streamOf(key)], arguments: [epoch!] })
    await append(log, 'last')
    expect(dataOf(seen)).toEqual(['first', ...Array.from({ length: 2_000 }, (_, n) => `${n + 1}`), 'last'])
  })

  it('is not disturbed by what others write to its channel', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    const first = await append(log, 'a')
    await expect.poll(() => subscribers(key)).toBe(1)
    const { epoch } = fromCursor(first)!
    for (const text of [
      '',
      'hello',
      '-',
      `${epoch}-2`,
      `${epoch}-2\n`,
      `${epoch}-2 8\n["note"]\n`,
      `${epoch}-3 9 9\n["note"]\n["note"]\n?`,
      `${epoch}-x 2\n{}`,
      `${epoch}-99 10\n["note"]\n?`,
      '1-1 3\n[]\n',
    ]) {
      await admin.publish(`${streamOf(key)}:live`, text)
    }
    await append(log, 'b')
    await append(open({ key }), 'c')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b', 'c'])
  })

  it('asks once for all clients that come back at one position', async () => {
    const key = newKey()
    const log = open({ key })
    const first = await append(log, 'a')
    await append(log, 'b')
    collect(log)
    await log.read(undefined, 0)
    const before = await calls('evalsha')
    const pages = await Promise.all(Array.from({ length: 50 }, () => log.read(first, 10)))
    expect((await calls('evalsha')) - before).toBeLessThanOrEqual(2) // one may be the look after subscribing
    for (const { entries } of pages) expect(entries[0]).toBe(pages[0]!.entries[0])
  })

  it('finds what was not notified even when nothing follows', async () => {
    const key = newKey()
    const log = open({ key, checkInterval: 50 })
    const seen = collect(log)
    await append(log, 'a')
    await addUntold(key, 'b')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b'])
  })

  it('opens another connection for notifications when they do not come', async () => {
    const key = newKey()
    const log = open({ key, checkInterval: 50 })
    const seen = collect(log)
    await append(log, 'a')
    await expect.poll(() => subscribers(key)).toEqual(1)
    const id = await subscriberId()
    await addUntold(key, 'b')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b'])
    await expect.poll(subscriberId).not.toBe(id)
    await append(open({ key }), 'c')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b', 'c'])
  })
  const subscribers = async (key: string) =>
    ((await admin.sendCommand(['PUBSUB', 'NUMSUB', `${streamOf(key)}:live`])) as [string, number])[1]
  const subscriberId = async () => {
    const list = (await admin.sendCommand(['CLIENT', 'LIST'])) as string
    return list
      .split('\n')
      .find((line) => / sub=1 /.test(line))
      ?.split(' ')[0]
  }

  it('vouches for the last maxEvents only, though Redis keeps more', async () => {
    const key = newKey()
    const [log, other] = [open({ key, maxEvents: 10 }), open({ key, maxEvents: 10 })]
    const cursors = []
    for (let n = 1; n <= 30; n++) cursors.push(await append(log, `${n}`))
    expect(await admin.xLen(streamOf(key))).toBeGreaterThan(10)
    for (const each of [log, other]) {
      expect(await each.read(cursors[18]!, 5)).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[19] })
      expect(dataOf((await each.read(cursors[19]!, 50)).entries)).toHaveLength(10)
    }
  })

  it('keeps about maxEvents in Redis', async () => {
    const key = newKey()
    const log = open({ key, maxEvents: 100 })
    await Promise.all(Array.from({ length: 1_000 }, () => append(log, 'x')))
    expect(await admin.xLen(streamOf(key))).toBeLessThan(250)
  })

  it('forgets what is older than maxAge, and deletes it with the next append', async () => {
    const key = newKey()
    const log = open({ key, maxAge: 60_000 })
    const start = await begin(log)
    for (let n = 0; n < 20; n++) await addUntold(key, `old ${n}`, Date.now() - 60_001 - n)
    await addUntold(key, 'young', Date.now() - 50_000)
    const page = await log.read(start, 100)
    expect(page).toMatchObject({ status: 'gap', reason: 'trimmed' })
    expect(dataOf((await log.read(page.next, 100)).entries)).toEqual(['young'])
    await append(log, 'new')
    expect(await admin.xLen(streamOf(key))).toBe(2)
    expect(dataOf((await log.read(page.next, 100)).entries)).toEqual(['young', 'new'])
  })

  it('reports no gap to a client that has read everything before it became too old', async () => {
    const key = newKey()
    const log = open({ key, maxAge: 60_000 })
    await begin(log)
    await addUntold(key, 'old', Date.now() - 60_001)
    const { newest, oldest } = await log.read(undefined, 0)
    expect(oldest).toBe(newest)
    expect(await log.read(newest, 10)).toMatchObject({ status: 'ok', entries: [] })
  })

  it('lets Redis delete a log that nobody uses only with `expireAfter`', async () => {
    const left = (key: string) => Promise.all([admin.pTTL(streamOf(key)), admin.pTTL(`${streamOf(key)}:life`)])
    const [kept, passing, onlyFollowed] = [newKey(), newKey(), newKey()]
    await append(open({ key: kept }), 'a')
    expect(await left(kept)).toEqual([-1, -1])
    const log = open({ key: passing, expireAfter: 60_000 })
    for (const use of [() => append(log, 'a'), () => log.read(undefined, 0)]) {
      await use()
      for (const ms of await left(passing)) expect(ms).toBeGreaterThan(50_000)
      await admin.pExpire(streamOf(passing), 40_000)
      await admin.pExpire(`${streamOf(passing)}:life`, 40_000)
    }
    const followed = open({ key: onlyFollowed, expireAfter: 60_000 })
    collect(followed)
    await followed.read(undefined, 0)
    for (const ms of await left(onlyFollowed)) expect(ms).toBeGreaterThan(50_000)
  })

  it.each([
    ['the stream', async (key: string) => admin.del(streamOf(key))],
    ['the name of its writer', async (key: string) => admin.del(`${streamOf(key)}:life`)],
    ['everything', async () => admin.flushAll()],
    [
      'nothing, but another server wrote it',
      async (key: string) => {
        const [, ...epoch] = (await admin.get(`${streamOf(key)}:life`))!.split(' ')
        await admin.set(`${streamOf(key)}:life`, ['0:0', ...epoch].join(' '))
      },
    ],
  ])('begins a new life when Redis has lost %s, for readers and for writers', async (_, lose) => {
    for (const first of ['read', 'append'] as const) {
      const key = newKey()
      const log = open({ key })
      const [, before] = [await append(log, 'a'), await append(log, 'b')]
      await lose(key)
      if (first === 'read') expect(await log.read(before, 10)).toMatchObject({ status: 'gap', reason: 'epoch' })
      const after = await append(log, 'c')
      expect(fromCursor(after)!.epoch).not.toBe(fromCursor(before)!.epoch)
      expect(fromCursor(after)!.sequence).toBe(1)
      expect(await log.read(before, 10)).toMatchObject({ status: 'gap', reason: 'epoch', next: after })
    }
  })

  it('reports a gap where somebody has deleted entries by hand', async () => {
    const key = newKey()
    const log = open({ key })
    const cursors: string[] = []
    for (const data of ['a', 'b', 'c', 'd', 'e']) cursors.push(await append(log, data))
    const idOf = async (n: number) => (await admin.xRange(streamOf(key), '-', '+'))![n]!.id
    await admin.xDel(streamOf(key), await idOf(3))
    expect(dataOf((await log.read(cursors[0]!, 10)).entries)).toEqual(['b'])
    expect(await log.read(cursors[1]!, 10)).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[2] })
    await admin.xDel(streamOf(key), await idOf(4))
    expect(await log.read(cursors[3]!, 10)).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[4] })
    await admin.xTrim(streamOf(key), 'MAXLEN', 0)
    expect(await log.read(cursors[0]!, 10)).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[4] })
    expect(await log.read(cursors[4]!, 10)).toMatchObject({ status: 'ok', entries: [] })
  })

  it('notifies followers of a new life, whichever process began it', async () => {
    const key = newKey()
    const [log, other] = [open({ key }), open({ key })]
    const seen = collect(log)
    await append(log, 'a')
    await expect.poll(() => subscribers(key)).toBe(1)
    await append(log, 'a')
    await admin.flushAll()
    await append(other, 'b')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'a', 'lost'])
    await admin.flushAll()
    await log.read(seen[0]!.cursor, 10)
    expect(dataOf(seen)).toEqual(['a', 'a', 'lost', 'lost'])
    await append(other, 'c')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'a', 'lost', 'lost', 'c'])
  })

  it('goes on when Redis has forgotten the scripts, in order', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    const appends: Promise<string>[] = []
    for (let n = 0; n < 300; n++) {
      if (n % 100 === 50) await admin.sendCommand(['SCRIPT', 'FLUSH'])
      appends.push(append(log, `${n}`))
      if (n % 7 === 0) await admin.ping()
    }
    await Promise.all(appends)
    expect(dataOf(seen)).toEqual(Array.from({ length: 300 }, (_, n) => `${n}`))
  })

  it('opens two connections for all logs of a client, and closes them with the last', async () => {
    await expect.poll(connections).toBe(0)
    const client: RedisClientLike = connect(server.url)
    const many = Array.from({ length: 20 }, () => open({ client, key: newKey() }))
    for (const log of many) collect(log)
    await Promise.all(many.map((log) => append(log, 'a')))
    expect(await connections()).toBe(2)
    for (const log of many.slice(1)) await log.close()
    await append(many[0]!, 'b')
    expect(await connections()).toBe(2)
    await many[0]!.close()
    await expect.poll(connections).toBe(0)
    const again = open({ client, key: newKey() })
    await append(again, 'a')
    expect(await connections()).toBe(2)
  })

  it('stores nothing when it is only read, and begins with its first entry in the epoch that reading has answered', async () => {
    const [key, other] = [newKey(), newKey()]
    const [log, elsewhere] = [open({ key }), open({ key })]
    const { newest: start } = await log.read(undefined, 0)
    await log.read(start, 10)
    await log.read('f.1', 10, { latest: true })
    const { newest: theirs } = await elsewhere.read(undefined, 0)
    await expect(open({ key }).append(note('x'), { after: start })).rejects.toMatchObject({ code: 'conflict' })
    expect(await admin.keys(`${streamOf(key)}*`)).toEqual([])
    const [first] = await log.append(note('a'), { after: start })
    expect(fromCursor(first!)).toEqual({ epoch: fromCursor(start)!.epoch, sequence: 1 })
    expect(dataOf((await log.read(start, 10)).entries)).toEqual(['a'])
    await expect(elsewhere.append(note('x'), { after: theirs })).rejects.toMatchObject({ code: 'conflict' })
    expect(await elsewhere.read(theirs, 10)).toMatchObject({ status: 'gap', reason: 'epoch' })
    // The same position must not come to stand for another entry.
    await admin.flushAll()
    await expect(log.append(note('b'), { after: start })).rejects.toMatchObject({ code: 'conflict' })
    expect(await log.read(start, 10)).toMatchObject({ status: 'gap', reason: 'epoch' })
    const [second] = await log.append(note('c'))
    expect(fromCursor(second!)!.epoch).not.toBe(fromCursor(first!)!.epoch)
    expect(await admin.keys(`${streamOf(other)}*`)).toEqual([])
  })

  it('has one epoch for all who follow it before its first entry', async () => {
    const key = newKey()
    const logs = [open({ key }), open({ key }), open({ key })]
    const seen = logs.map(collect)
    const heads = await Promise.all(logs.map(async (log) => (await log.read(undefined, 0)).newest))
    expect(new Set(heads).size).toBe(1)
    const claims = await Promise.allSettled(logs.map((log, n) => log.append(note(`${n}`), { after: heads[n]! })))
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const entries of seen) await expect.poll(() => entries.length).toBe(1)
    expect(seen[1]).toEqual(seen[0])
  })

  it('keeps the newest positions of at most maxEvents keys', async () => {
    const key = newKey()
    const log = open({ key, maxEvents: 10 })
    for (let n = 0; n < 50; n++) await log.append([{ type: 'price', data: `${n}`, key: `${n}` }])
    expect(await admin.zCard(`${streamOf(key)}:latest`)).toBe(10)
    const page = await log.read(undefined, 100, { latest: true })
    expect(dataOf(page.entries)).toEqual(Array.from({ length: 10 }, (_, n) => `${40 + n}`))
  })

  it('looks at a part of the log for one page of the latest, and at all of it for all pages', async () => {
    const key = newKey()
    const log = open({ key })
    const batch = (from: number) =>
      Array.from({ length: 500 }, (_, n) => ({ type: 'price', data: `${from + n}`, key: 'ACME' }))
    const start = await begin(log)
    for (let from = 0; from < 5_000; from += 500) await log.append(batch(from))
    const pages = []
    for (
      let page = await log.read(start, 10, { latest: true });
      ;
      page = await log.read(page.next, 10, { latest: true })
    ) {
      pages.push(dataOf(page.entries))
      if (page.next === page.newest) break
    }
    expect(pages).toEqual([[], [], ['4999']])
  })

  it('appends after the newest position that there was, whatever somebody has deleted', async () => {
    const key = newKey()
    const log = open({ key })
    await append(log, 'a')
    await append(log, 'b')
    const { newest } = await log.read(undefined, 0)
    await admin.xDel(streamOf(key), (await admin.xRange(streamOf(key), '-', '+'))!.at(-1)!.id)
    const [third] = await log.append(note('c'), { after: newest })
    await admin.xTrim(streamOf(key), 'MAXLEN', 0)
    const [fourth] = await log.append(note('d'), { after: third! })
    expect([third, fourth].map((cursor) => fromCursor(cursor!)!.sequence)).toEqual([3, 4])
  })

  it('appends what one tick publishes in one call, in order, and notifies once', async () => {
    const key = newKey()
    const [log, other] = [open({ key }), open({ key })]
    const seen = [collect(log), collect(other)]
    for (const each of [log, other]) await each.read(undefined, 0)
    await append(log, 'first')
    await expect.poll(() => subscribers(key)).toBe(1 + 1)
    await append(log, 'second')
    const before = [await calls('evalsha'), await calls('publish')]
    const cursors = await Promise.all(Array.from({ length: 100 }, (_, n) => append(log, `${n}`)))
    const after = [await calls('evalsha'), await calls('publish')]
    expect(after.map((count, index) => count - before[index]!)).toEqual([1, 1])
    for (const entries of seen) await expect.poll(() => entries.length).toBe(102)
    expect(seen[0]!.slice(2).map(({ data, cursor }) => [data, cursor])).toEqual(
      cursors.map((cursor, n) => [`${n}`, cursor]),
    )
    expect(seen[1]).toEqual(seen[0])
  })

  it('keeps the order of appends of one tick, with conditions and without', async () => {
    const log = open({ key: newKey() })
    const seen = collect(log)
    const head = await append(log, '0')
    const results = await Promise.allSettled([
      log.append(note('1')),
      log.append(note('refused'), { after: head }),
      log.append([...note('2'), ...note('3')]),
      log.append(note('4'), { epoch: fromCursor(head)!.epoch }),
      log.append([{ type: 'sse:end', data: '' }]),
      log.append(note('late')),
    ])
    expect(results.map((result) => (result.status === 'rejected' ? result.reason.code : result.value.length))).toEqual([
      1,
      'conflict',
      2,
      1,
      1,
      'closed',
    ])
    expect(dataOf(seen)).toEqual(['0', '1', '2', '3', '4', ''])
  })

  it('rejects what one call has brought, and nothing else, when that call fails', async () => {
    const log = open({ key: newKey() })
    const seen = collect(log)
    await append(log, 'before')
    const outcome = (count: number) => Promise.allSettled(Array.from({ length: count }, (_, n) => append(log, `${n}`)))
    await admin.configSet('maxmemory', '1')
    const refused = await outcome(3)
    await admin.configSet('maxmemory', '0')
    const taken = await outcome(3)
    expect(refused.map((result) => result.status === 'rejected' && String(result.reason))).toEqual(
      Array(3).fill(expect.stringMatching(/OOM command not allowed/)),
    )
    expect(taken.map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'))
    expect(dataOf(seen)).toEqual(['before', '0', '1', '2'])
  })

  it('reads what the same tick has appended', async () => {
    const log = open({ key: newKey() })
    const appended = append(log, 'a')
    const { newest } = await log.read(undefined, 0)
    expect(newest).toBe(await appended)
  })

  it('runs one script for an event, and asks nothing for what followers have had', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    const cursors = [await append(log, 'first')]
    await expect.poll(() => subscribers(key)).toBe(1)
    await append(log, 'second')
    const before = await calls('evalsha')
    for (let n = 0; n < 50; n++) cursors.push(await append(log, `${n}`))
    for (const cursor of cursors) expect((await log.read(cursor, 100)).status).toBe('ok')
    expect((await log.read(undefined, 0)).newest).toBe(seen.at(-1)!.cursor)
    expect((await calls('evalsha')) - before).toBe(50)
  })

  it('keeps a bounded part of the newest entries at hand, and reads the others from Redis', async () => {
    const key = newKey()
    const log = open({ key, recentBytes: 10_000 })
    const seen = collect(log)
    const cursors = []
    for (let n = 0; n < 20; n++) cursors.push(await append(log, `${n}`.padEnd(1_000)))
    expect(seen).toHaveLength(20)
    expect(log.read(cursors[10]!, 100)).toBeInstanceOf(Promise)
    expect(log.read(cursors[18]!, 100)).not.toBeInstanceOf(Promise)
    expect((await log.read(cursors[10]!, 100)).entries.map(({ cursor }) => cursor)).toEqual(cursors.slice(11))
  })

  it('reads large entries in pages of about a mebibyte', async () => {
    const key = newKey()
    const log = open({ key })
    const { newest } = await log.read(undefined, 0)
    for (let n = 0; n < 40; n++) await append(log, `${n}`.padEnd(200_000))
    const page = await log.read(newest, 100)
    expect(page.entries.length).toBeLessThan(30)
    const rest = await log.read(page.next, 100)
    expect(rest.entries[0]!.data.trim()).toBe(`${page.entries.length}`)
  })

  it('needs no more rights than the guide says', async () => {
    const guide = await readFile(new URL('../../docs/more-than-one-machine.md', import.meta.url), 'utf8')
    const commands = /`(\+evalsha [^`]+)`/.exec(guide)![1]!.split(/\s+/)
    const rights = ['~eventwire:*', '&eventwire:*', ...commands, '+client', '+hello', '+auth']
    await admin.sendCommand(['ACL', 'SETUSER', 'ada', 'on', '>secret', ...rights])
    const key = newKey()
    const client = connect(`redis://ada:secret@127.0.0.1:${server.port}`)
    const log = open({ client, key, maxAge: 60_000, expireAfter: 60_000 })
    await begin(log)
    await addUntold(key, 'old', Date.now() - 100_000)
    const seen = collect(log)
    const first = await append(log, 'a')
    await append(open({ key }), 'b')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b'])
    expect(await admin.xLen(streamOf(key))).toBe(2)
    const keyed = { type: 'price', data: '1', key: 'ACME' }
    await log.append([keyed, keyed, { ...keyed, key: 'INIT' }, { ...keyed, key: 'INIT', forget: true }], {
      after: seen[1]!.cursor,
    })
    expect((await open({ client, key }).read(first, 10, { latest: true })).entries).toHaveLength(2)
    await admin.del(streamOf(key))
    expect(await log.read(`f${first}`, 10)).toMatchObject({ status: 'gap', reason: 'epoch' })
  })

  it('does not touch what belongs to another log', async () => {
    const [one, two] = [newKey(), newKey()]
    const [first, second] = [open({ key: one }), open({ key: two })]
    const seen = collect(first)
    await append(second, 'theirs')
    await append(first, 'ours')
    expect(dataOf(seen)).toEqual(['ours'])
    expect((await admin.keys(`${streamOf(one)}*`)).sort()).toEqual([streamOf(one), `${streamOf(one)}:life`])
  })
})
