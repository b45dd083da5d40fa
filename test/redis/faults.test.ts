// After any failure of Redis streams stay open, publishing rejects soon, and no event is lost without a gap.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChannel } from '../../src/server/index.ts'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'
import { clients, newKey } from './clients.ts'
import { RedisServer } from './redis-server.ts'
import { Scene } from './scene.ts'

const NONE = Array(6).fill([])
const NEW_LIFE = Array(6).fill(['epoch'])

describe.skipIf(!RedisServer.installed).each(Object.entries(clients))('with %s', (_, connect) => {
  let server: RedisServer
  let scene: Scene
  let folder: string

  const command = async (...words: string[]) => {
    const admin = createClient({ url: server.url })
    admin.on('error', () => {})
    await admin.connect()
    const reply = await admin.sendCommand(words)
    admin.destroy()
    return reply
  }
  const open = (options = {}) => {
    scene = new Scene((key) => ({ client: connect(server.url), key, timeout: 10_000, ...options }))
    return scene.begin()
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eventwire-redis-'))
    server = await RedisServer.start('--dir', folder)
  })
  afterEach(async () => {
    await scene?.close()
    await server.stop()
    await rm(folder, { recursive: true })
  })

  it('nothing happens: nothing is lost or repeated', async () => {
    await open()
    await scene.untilAccepted(500)
    expect(await scene.end()).toEqual(NONE)
    expect(scene.errors).toEqual([])
  })

  it('Redis stops and comes back without its data: readers receive a gap, and go on', async () => {
    await open({ timeout: 200 })
    await scene.untilAccepted(100)
    await server.stop()
    // Two channels, each waiting 200 ms: two seconds.
    for (const { code, message } of await scene.untilRejected(20)) {
      expect(code).toBe('log-failed')
      expect(message).toMatch(/^the log failed: .*; see the cause$/)
    }
    await server.start()
    await scene.untilAccepted(100)
    expect(await scene.end()).toEqual(NEW_LIFE)
  })

  it('Redis is away while a client reconnects: it waits, and receives a gap', async () => {
    const channels = [1, 2].map((n) => {
      const log = redisLog({ client: connect(server.url), key: `away-${n}` })
      return { log, channel: createChannel<{ note: number }>({ log, stream: { heartbeat: false } }) }
    })
    const cursors = await Promise.all(channels.map(({ channel }) => channel.publish('note', 1)))
    await server.stop()
    const back = channels.map(({ channel }, n) => new ChannelClient(channel.response(requestAfter(`f${cursors[n]}`))))
    const gaps = back.map((client) => client.until(({ types }) => types.includes('sse:gap')))
    await server.start()
    for (const client of await Promise.all(gaps)) expect(client.types).toEqual(['sse:gap'])
    for (const { channel, log } of channels) {
      await channel.close()
      await log.close()
    }
  })

  it('Redis stops and comes back with data that may lack the last second: readers receive a gap', async () => {
    await server.stop()
    await server.start('--appendonly', 'yes')
    await open({ timeout: 200 })
    await scene.untilAccepted(100)
    await server.stop()
    await scene.untilRejected(2)
    await server.start('--appendonly', 'yes')
    expect(await command('EXISTS', `eventwire:{${scene.key}}`)).toBe(1)
    await scene.untilAccepted(100)
    expect(await scene.end()).toEqual(NEW_LIFE)
  })

  it('Redis ends our connections again and again: nobody notices', async () => {
    await open()
    for (let round = 0; round < 20; round++) {
      await scene.untilAccepted(10)
      await command('CLIENT', 'KILL', 'TYPE', round % 2 === 0 ? 'pubsub' : 'normal')
    }
    await scene.untilAccepted(100)
    expect(await scene.end()).toEqual(NONE)
  })

  it('Redis forgets the scripts: nobody notices', async () => {
    await open()
    for (let round = 0; round < 20; round++) {
      await scene.untilAccepted(10)
      await command('SCRIPT', 'FLUSH')
    }
    expect(await scene.end()).toEqual(NONE)
    expect(scene.errors).toEqual([])
  })

  it('memory is full: publishing rejects with what Redis says, and goes on when there is room', async () => {
    await open()
    await scene.untilAccepted(50)
    await command('CONFIG', 'SET', 'maxmemory', '1')
    for (const { code, message } of await scene.untilRejected(10)) {
      expect(code).toBe('log-failed')
      expect(message).toMatch(/^the log failed: OOM command not allowed/)
    }
    await command('CONFIG', 'SET', 'maxmemory', '0')
    await scene.untilAccepted(50)
    expect(await scene.end()).toEqual(NONE)
  })

  it('everything is flushed: readers receive a gap', async () => {
    await open()
    await scene.untilAccepted(50)
    await command('FLUSHALL')
    await scene.untilAccepted(50)
    expect(await scene.end()).toEqual(NEW_LIFE)
    expect(scene.errors).toEqual([])
  })

  it('Redis is too slow: publishing rejects within its timeout, and nothing is lost', async () => {
    await open({ timeout: 200 })
    await scene.untilAccepted(50)
    await command('CLIENT', 'PAUSE', '1000', 'ALL')
    const [first] = await scene.untilRejected(4)
    expect(first!.message).toContain(
      `append to log "${scene.key}": Redis did not reply within 200 ms; it may have happened`,
    )
    await scene.untilAccepted(50)
    expect(await scene.end()).toEqual(NONE)
  })

  it('Redis is slow, and not too slow: nobody notices', async () => {
    await open({ timeout: 10_000 })
    for (let round = 0; round < 5; round++) {
      await scene.untilAccepted(20)
      await command('CLIENT', 'PAUSE', '100', 'ALL')
    }
    expect(await scene.end()).toEqual(NONE)
    expect(scene.errors).toEqual([])
  })

  it('much is published while Redis is away: what is over the bound is rejected at once', async () => {
    await open({ timeout: 2_000, maxBuffer: 1_000 })
    await scene.untilAccepted(10)
    await server.stop()
    const results = await scene.publishMuch(1_000)
    const over = results.filter(
      ({ status, reason }: any) => status === 'rejected' && /maxBuffer is 1000/.test(reason.message),
    )
    expect(over.length).toBeGreaterThan(900)
    await server.start()
    await scene.untilAccepted(10)
    expect(await scene.end()).toEqual(NEW_LIFE)
  })
})

it.skipIf(!RedisServer.installed)('a master that was a replica meanwhile begins a new life', async () => {
  const first = await RedisServer.start()
  const second = await RedisServer.start()
  const [one, two] = [first, second].map(({ url }) => createClient({ url }))
  const log = redisLog({ client: clients.redis!(first.url), key: newKey() })
  const follow = async (replica: typeof one, master: RedisServer) => {
    await replica!.sendCommand(['REPLICAOF', '127.0.0.1', `${master.port}`])
    await expect.poll(() => replica!.info('replication')).toContain('master_link_status:up')
  }
  try {
    await one!.connect()
    await two!.connect()
    const [before] = await log.append([{ type: 'a', data: '' }])
    await follow(two, first)
    await two!.sendCommand(['REPLICAOF', 'NO', 'ONE'])
    await follow(one, second)
    await expect(log.append([{ type: 'a', data: '' }])).rejects.toThrow('READONLY')
    await one!.sendCommand(['REPLICAOF', 'NO', 'ONE'])
    expect(await log.read(before, 10)).toMatchObject({ status: 'gap', reason: 'epoch' })
  } finally {
    await log.close()
    one!.destroy()
    two!.destroy()
    await first.stop()
    await second.stop()
  }
})
