// What makes no sense is refused where the log is made, and what cannot be done is told with the reason.
import { describe, expect, it } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { clients } from './clients.ts'

/** No server listens there. */
const NOWHERE = 'redis://127.0.0.1:1'

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
    [{ maxBuffer: '9' }, 'maxBuffer is 9; give a positive number'],
    [{ recentBytes: -5 }, 'recentBytes is -5; give a positive number'],
    [{ checkInterval: 0 }, 'checkInterval is 0; give a positive number'],
    [{ client: undefined }, 'client is undefined; give a client of the package redis or ioredis'],
    [{ client: {} }, 'client is [object Object]; give a client of the package redis or ioredis'],
  ])('refuses %o', (options, message) => {
    expect(() => redisLog({ client, key: 'k', ...options } as any)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message }),
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
      message: 'append to log "k": 206 bytes wait for Redis and maxBuffer is 100; it has not happened, try again',
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
