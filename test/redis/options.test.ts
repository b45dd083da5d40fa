// Invalid options are refused where the log is made, and failed operations report the reason.
import { createClient, createClientPool } from 'redis'
import { createClientPool as createClientPool5, createSentinel as createSentinel5 } from 'redis-5'
import { describe, expect, it } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { clients } from './clients.ts'

/** No server listens there. */
const NOWHERE = 'redis://127.0.0.1:1'

const OF_SENTINEL = { name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }
const REFUSALS: { readonly [name: string]: RegExp } = {
  'a Sentinel of redis 5': /^client is a Sentinel of redis 5, .*; give one of redis 6, or of ioredis with `sentinels`$/,
  'a pool of redis 5': /^client is a pool; give what createClient\(\) makes/,
  'a pool of redis 6': /^client is a pool; give what createClient\(\) makes/,
  'a legacy client': /^client is .*; give a client of the package redis or ioredis$/,
}

describe('redisLog()', () => {
  const client = clients.redis!(NOWHERE)

  it.each([
    [{ key: '' }, 'key is ""; give a name without braces'],
    [{ key: 'a{b}' }, 'key is "a{b}"; give a name without braces'],
    [{ key: undefined }, 'key is undefined; give a name without braces'],
    [{ maxEvents: 0 }, 'maxEvents is 0; give a positive number'],
    [{ maxAge: Number.NaN }, 'maxAge is NaN; give a positive number'],
    [{ expireAfter: -1 }, 'expireAfter is -1; give a positive number'],
    [{ timeout: false }, 'timeout is false; give a positive number'],
    [{ maxBuffer: '9' }, 'maxBuffer is "9"; give a positive number'],
    [{ recentBytes: -5 }, 'recentBytes is -5; give a positive number'],
    [{ checkInterval: 0 }, 'checkInterval is 0; give a positive number'],
    [{ client: undefined }, 'client is undefined; give a client of the package redis or ioredis'],
    [{ client: {} }, 'client is [object Object]; give a client of the package redis or ioredis'],
  ])('refuses %o', (options, message) => {
    expect(() => redisLog({ client, key: 'k', ...options } as any)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message }),
    )
  })

  it('refuses no options at all', () => {
    expect(() => (redisLog as any)()).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: 'key is undefined; give a name without braces' }),
    )
  })

  it.each([
    ['a Sentinel of redis 5', createSentinel5(OF_SENTINEL)],
    ['a pool of redis 5', createClientPool5()],
    ['a pool of redis 6', createClientPool()],
    ['a legacy client', createClient().legacy()],
  ])('refuses %s at once, and says what to give', (name, other) => {
    expect(() => redisLog({ client: other as any, key: 'k' })).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringMatching(REFUSALS[name]!) }),
    )
  })

  it.each(Object.entries(clients))('rejects an append that Redis is not there for, with %s', async (_, connect) => {
    const log = redisLog({ client: connect(NOWHERE), key: 'k', timeout: 50 })
    await expect(log.append([{ type: 'a', data: '' }])).rejects.toMatchObject({
      code: 'log-failed',
      message: 'append to log "k": Redis was not reachable within 50 ms; it has not happened, try again',
    })
    await log.close()
  })

  it('rejects at once what is more than may wait', async () => {
    const log = redisLog({ client, key: 'k', timeout: 50, maxBuffer: 100 })
    const first = log.append([{ type: 'a', data: 'x'.repeat(200) }])
    await expect(log.append([{ type: 'a', data: 'x' }])).rejects.toMatchObject({
      code: 'log-failed',
      message: 'append to log "k": 206 characters wait for Redis and maxBuffer is 100; it has not happened, try again',
    })
    await expect(first).rejects.toMatchObject({ code: 'log-failed' })
    await log.close()
  })

  it('refuses everything when it is closed, and lets go of what waits', async () => {
    const log = redisLog({ client, key: 'k' })
    const waiting = log.append([{ type: 'a', data: '' }])
    const reading = log.read(undefined, 0)
    await log.close()
    await expect(waiting).rejects.toMatchObject({ code: 'closed', message: 'append to log "k": the log is closed' })
    await expect(reading).rejects.toMatchObject({ code: 'closed', message: 'read log "k": the log is closed' })
    const message = 'append to log "k": the log is closed; create a new one'
    await expect(log.append([{ type: 'a', data: '' }])).rejects.toMatchObject({ code: 'closed', message })
    expect(() => log.read(undefined, 0)).toThrow('read log "k": the log is closed; create a new one')
    const nothing = () => {}
    expect(() => log.follow(nothing, nothing)).toThrow('follow log "k": the log is closed; create a new one')
  })
})
