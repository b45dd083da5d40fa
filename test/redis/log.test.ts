// Positions, bounds and lives of a log are what Redis says they are, whoever else writes, and asking it costs little.
import { readFile } from 'node:fs/promises'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type EventLog, fromCursor, type LogEntry } from '../../src/server/log/event-log.ts'
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
  const note = (data: string) => ({ type: 'note', data })
  const collect = (log: EventLog) => {
    const seen: LogEntry[] = []
    log.follow(
      (entries) => seen.push(...entries),
      () => seen.push({ type: 'lost', data: 'lost', cursor: '' }),
    )
    return seen
  }
  const dataOf = (entries: readonly LogEntry[]) => entries.map(({ data }) => data)
  const streamOf = (key: string) => `eventwire:{${key}}`
  /** Adds an entry as the log does, without telling anybody. */
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
          cursors.set(`${writer}:${n}`, await log.append(note(`${writer}:${n}`)))
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

  it('notifies in the order of the positions', async () => {
    const key = newKey()
    const told: string[] = []
    const listener = admin.duplicate()
    await listener.connect()
    await listener.subscribe(`${streamOf(key)}:live`, (message) => told.push(message.slice(0, message.indexOf('\n'))))
    const writers = [open({ key }), open({ key }), open({ key })]
    await Promise.all(writers.flatMap((log) => Array.from({ length: 100 }, () => log.append(note('x')))))
    await expect.poll(() => told.length).toBe(300)
    expect(told.map((position) => Number(position.split('-')[1]))).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))
    listener.destroy()
  })

  it('fills what was not notified from the stream, in order', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    await log.append(note('a'))
    await addUntold(key, 'b')
    await addUntold(key, 'c')
    await log.append(note('d'))
    expect(dataOf(seen)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('fills much that was not notified, page by page', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    await log.append(note('first'))
    const [, epoch] = (await admin.get(`${streamOf(key)}:life`))!.split(' ')
    const add = `for n = 1, 2000 do redis.call('XADD', KEYS[1], ARGV[1] .. '-*', 'e', '["note"]\\n' .. n, 'a', '1') end`
    await admin.eval(add, { keys: [streamOf(key)], arguments: [epoch!] })
    await log.append(note('last'))
    expect(dataOf(seen)).toEqual(['first', ...Array.from({ length: 2_000 }, (_, n) => `${n + 1}`), 'last'])
  })

  it('is not disturbed by what others write to its channel', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    const first = await log.append(note('a'))
    await expect.poll(() => subscribers(key)).toBe(1)
    const { epoch } = fromCursor(first)!
    for (const text of [
      '',
      'hello',
      '-',
      `${epoch}-2`,
      `${epoch}-2\n`,
      `${epoch}-x\n{}`,
      `${epoch}-99\n["note"]\n?`,
      '1-1\n[]\n',
    ]) {
      await admin.publish(`${streamOf(key)}:live`, text)
    }
    await log.append(note('b'))
    await open({ key }).append(note('c'))
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b', 'c'])
  })

  it('asks once for all clients that come back at one position', async () => {
    const key = newKey()
    const log = open({ key })
    const first = await log.append(note('a'))
    await log.append(note('b'))
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
    await log.append(note('a'))
    await addUntold(key, 'b')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b'])
  })

  it('opens another connection for notifications when they do not come', async () => {
    const key = newKey()
    const log = open({ key, checkInterval: 50 })
    const seen = collect(log)
    await log.append(note('a'))
    await expect.poll(() => subscribers(key)).toEqual(1)
    const id = await subscriberId()
    await addUntold(key, 'b')
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b'])
    await expect.poll(subscriberId).not.toBe(id)
    await open({ key }).append(note('c'))
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
    for (let n = 1; n <= 30; n++) cursors.push(await log.append(note(`${n}`)))
    expect(await admin.xLen(streamOf(key))).toBeGreaterThan(10)
    for (const each of [log, other]) {
      expect(await each.read(cursors[18]!, 5)).toMatchObject({ status: 'gap', reason: 'trimmed', next: cursors[19] })
      expect(dataOf((await each.read(cursors[19]!, 50)).entries)).toHaveLength(10)
    }
  })

  it('keeps about maxEvents in Redis', async () => {
    const key = newKey()
    const log = open({ key, maxEvents: 100 })
    await Promise.all(Array.from({ length: 1_000 }, () => log.append(note('x'))))
    expect(await admin.xLen(streamOf(key))).toBeLessThan(250)
  })

  it('forgets what is older than maxAge, and deletes it with the next append', async () => {
    const key = newKey()
    const log = open({ key, maxAge: 60_000 })
    const start = (await log.read(undefined, 0)).newest
    for (let n = 0; n < 20; n++) await addUntold(key, `old ${n}`, Date.now() - 60_001 - n)
    await addUntold(key, 'young', Date.now() - 50_000)
    const page = await log.read(start, 100)
    expect(page).toMatchObject({ status: 'gap', reason: 'trimmed' })
    expect(dataOf((await log.read(page.next, 100)).entries)).toEqual(['young'])
    await log.append(note('new'))
    expect(await admin.xLen(streamOf(key))).toBe(2)
    expect(dataOf((await log.read(page.next, 100)).entries)).toEqual(['young', 'new'])
  })

  it('tells no gap to who has read everything before it became too old', async () => {
    const key = newKey()
    const log = open({ key, maxAge: 60_000 })
    await log.read(undefined, 0)
    await addUntold(key, 'old', Date.now() - 60_001)
    const { newest, oldest } = await log.read(undefined, 0)
    expect(oldest).toBe(newest)
    expect(await log.read(newest, 10)).toMatchObject({ status: 'ok', entries: [] })
  })

  it('lets Redis delete a log that nobody uses only when it is told to', async () => {
    const left = (key: string) => Promise.all([admin.pTTL(streamOf(key)), admin.pTTL(`${streamOf(key)}:life`)])
    const [kept, passing, onlyRead] = [newKey(), newKey(), newKey()]
    await open({ key: kept }).append(note('a'))
    expect(await left(kept)).toEqual([-1, -1])
    const log = open({ key: passing, expireAfter: 60_000 })
    for (const use of [() => log.append(note('a')), () => log.read(undefined, 0)]) {
      await use()
      for (const ms of await left(passing)) expect(ms).toBeGreaterThan(50_000)
      await admin.pExpire(streamOf(passing), 40_000)
      await admin.pExpire(`${streamOf(passing)}:life`, 40_000)
    }
    await open({ key: onlyRead, expireAfter: 60_000 }).read(undefined, 0)
    for (const ms of await left(onlyRead)) expect(ms).toBeGreaterThan(50_000)
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
      const [, before] = [await log.append(note('a')), await log.append(note('b'))]
      await lose(key)
      if (first === 'read') expect(await log.read(before, 10)).toMatchObject({ status: 'gap', reason: 'epoch' })
      const after = await log.append(note('c'))
      expect(fromCursor(after)!.epoch).not.toBe(fromCursor(before)!.epoch)
      expect(fromCursor(after)!.sequence).toBe(1)
      expect(await log.read(before, 10)).toMatchObject({ status: 'gap', reason: 'epoch', next: after })
    }
  })

  it('tells a gap where somebody has deleted entries by hand', async () => {
    const key = newKey()
    const log = open({ key })
    const cursors: string[] = []
    for (const data of ['a', 'b', 'c', 'd', 'e']) cursors.push(await log.append(note(data)))
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

  it('tells followers of a new life, by whomever it was begun', async () => {
    const key = newKey()
    const [log, other] = [open({ key }), open({ key })]
    const seen = collect(log)
    await log.append(note('a'))
    await expect.poll(() => subscribers(key)).toBe(1)
    await log.append(note('a'))
    await admin.flushAll()
    await other.append(note('b'))
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'a', 'lost'])
    await admin.flushAll()
    await log.read(seen[0]!.cursor, 10)
    expect(dataOf(seen)).toEqual(['a', 'a', 'lost', 'lost'])
    await other.append(note('c'))
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'a', 'lost', 'lost', 'c'])
  })

  it('goes on when Redis has forgotten the scripts, in order', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    const appends: Promise<string>[] = []
    for (let n = 0; n < 300; n++) {
      if (n % 100 === 50) await admin.sendCommand(['SCRIPT', 'FLUSH'])
      appends.push(Promise.resolve(log.append(note(`${n}`))))
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
    await Promise.all(many.map((log) => log.append(note('a'))))
    expect(await connections()).toBe(2)
    for (const log of many.slice(1)) await log.close()
    await many[0]!.append(note('b'))
    expect(await connections()).toBe(2)
    await many[0]!.close()
    await expect.poll(connections).toBe(0)
    const again = open({ client, key: newKey() })
    await again.append(note('a'))
    expect(await connections()).toBe(2)
  })

  it('runs one script for an event, and asks nothing for what followers have had', async () => {
    const key = newKey()
    const log = open({ key })
    const seen = collect(log)
    const cursors = [await log.append(note('first'))]
    await expect.poll(() => subscribers(key)).toBe(1)
    await log.append(note('second'))
    const before = await calls('evalsha')
    for (let n = 0; n < 50; n++) cursors.push(await log.append(note(`${n}`)))
    for (const cursor of cursors) expect((await log.read(cursor, 100)).status).toBe('ok')
    expect((await log.read(undefined, 0)).newest).toBe(seen.at(-1)!.cursor)
    expect((await calls('evalsha')) - before).toBe(50)
  })

  it('keeps a bounded part of the newest entries at hand, and reads the others from Redis', async () => {
    const key = newKey()
    const log = open({ key, recentBytes: 10_000 })
    const seen = collect(log)
    const cursors = []
    for (let n = 0; n < 20; n++) cursors.push(await log.append(note(`${n}`.padEnd(1_000))))
    expect(seen).toHaveLength(20)
    expect(log.read(cursors[10]!, 100)).toBeInstanceOf(Promise)
    expect(log.read(cursors[18]!, 100)).not.toBeInstanceOf(Promise)
    expect((await log.read(cursors[10]!, 100)).entries.map(({ cursor }) => cursor)).toEqual(cursors.slice(11))
  })

  it('reads large entries in pages of about a mebibyte', async () => {
    const key = newKey()
    const log = open({ key })
    const { newest } = await log.read(undefined, 0)
    for (let n = 0; n < 40; n++) await log.append(note(`${n}`.padEnd(200_000)))
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
    await log.read(undefined, 0)
    await addUntold(key, 'old', Date.now() - 100_000)
    const seen = collect(log)
    const first = await log.append(note('a'))
    await open({ key }).append(note('b'))
    await expect.poll(() => dataOf(seen)).toEqual(['a', 'b'])
    expect(await admin.xLen(streamOf(key))).toBe(2)
    await admin.del(streamOf(key))
    expect(await log.read(`f${first}`, 10)).toMatchObject({ status: 'gap', reason: 'epoch' })
  })

  it('does not touch what belongs to another log', async () => {
    const [one, two] = [newKey(), newKey()]
    const [first, second] = [open({ key: one }), open({ key: two })]
    const seen = collect(first)
    await second.append(note('theirs'))
    await first.append(note('ours'))
    expect(dataOf(seen)).toEqual(['ours'])
    expect((await admin.keys(`${streamOf(one)}*`)).sort()).toEqual([streamOf(one), `${streamOf(one)}:life`])
  })
})
