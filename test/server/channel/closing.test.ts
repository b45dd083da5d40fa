// A channel checks how it is to close before it begins, and no second close waits for what the first one did not do.
import { describe, expect, it } from 'vitest'
import { createChannel, createStream, type EventLog, memoryLog } from '../../../src/server/index.ts'
import { deferred } from '../deferred.ts'
import { ChannelClient, requestAfter } from './channel-client.ts'

interface Events {
  note: number
}

/** A memory log whose appends a test can hold up or let fail. */
function logWith(append: (log: EventLog, ...args: Parameters<EventLog['append']>) => ReturnType<EventLog['append']>) {
  const log = memoryLog()
  return {
    append: (entry) => append(log, entry),
    read: (after, limit) => log.read(after, limit),
    follow: (onEntries, onLost) => log.follow(onEntries, onLost),
    close: () => log.close(),
  } satisfies EventLog
}

describe('an option that makes no sense', () => {
  const delays = 'give whole milliseconds from 0 to 2147483647, or { min, max } of them'
  it.each([
    [{ retry: { min: 0.5, max: 2 } }, 'retry.min is 0.5; give whole milliseconds from 0 to 2147483647'],
    [{ retry: { min: 2, max: 1 } }, 'retry.max is 1; give whole milliseconds from 2 to 2147483647'],
    [{ retry: { min: -1, max: 2 } }, 'retry.min is -1; give whole milliseconds from 0 to 2147483647'],
    [{ retry: { min: 1, max: 2 ** 31 } }, 'retry.max is 2147483648; give whole milliseconds from 1 to 2147483647'],
    [{ retry: { min: 1 } }, 'retry.max is undefined; give whole milliseconds from 1 to 2147483647'],
    [{ retry: [1, 2] }, 'retry.min is undefined; give whole milliseconds from 0 to 2147483647'],
    [{ retry: 0.5 }, `retry is 0.5; ${delays}`],
    [{ retry: null }, `retry is null; ${delays}`],
    [{ retry: 'soon', final: true }, `retry is "soon"; ${delays}`],
    [{ spread: Number.NaN }, 'spread is NaN; give milliseconds from 0 to 2147483647'],
    [{ spread: -1 }, 'spread is -1; give milliseconds from 0 to 2147483647'],
    [{ spread: Infinity, final: true }, 'spread is Infinity; give milliseconds from 0 to 2147483647'],
    [{ spread: '5' }, 'spread is "5"; give milliseconds from 0 to 2147483647'],
    [{ final: 'yes' }, 'final is "yes"; give true or false'],
    [{ final: 1 }, 'final is 1; give true or false'],
  ])('rejects %j, and the channel goes on', async (options, message) => {
    const channel = createChannel<Events>()
    const early = new ChannelClient(channel.response(requestAfter()))
    await expect(channel.close(options as never)).rejects.toMatchObject({ code: 'invalid-option', message })
    const late = new ChannelClient(channel.response(requestAfter()))
    await channel.publish('note', 1)
    for (const client of [early, late]) {
      await client.until(({ events }) => events.length === 1)
      expect(client.payloads).toEqual([1])
    }
    await channel.close()
    expect((await early.rest()).types).not.toContain('sse:end')
  })
})

describe('a second close', () => {
  const withReader = (log?: EventLog) => {
    const channel = createChannel<Events>({ log })
    const client = new ChannelClient(channel.response(requestAfter()))
    return { channel, client }
  }

  it('after one with a wrong option closes', async () => {
    const { channel, client } = withReader()
    await expect(channel.close({ retry: { min: 0.5, max: 2 } })).rejects.toMatchObject({ code: 'invalid-option' })
    await channel.close()
    expect((await client.rest()).ended).toBe(true)
    await channel.close()
  })

  it('ends what a longer window has left', async () => {
    const { channel, client } = withReader()
    channel.subscribe(createStream<Events>())
    channel.close({ spread: 1_000_000 })
    await channel.close()
    expect(channel.size).toBe(0)
    expect((await client.rest()).types).toEqual(['sse:cursor'])
  })

  it('while a final end is being appended does not wait for it', async () => {
    const appended = deferred()
    const { channel, client } = withReader(logWith((log, entry) => appended.promise.then(() => log.append(entry))))
    const final = channel.close({ final: true })
    await channel.close()
    expect((await client.rest()).types).toEqual(['sse:cursor'])
    appended.resolve()
    await final
    const late = new ChannelClient(channel.response(requestAfter(client.cursor)))
    expect((await late.rest()).types).toEqual(['sse:cursor', 'sse:end'])
  })

  it('while a final end is being appended that fails closes all the same', async () => {
    const appended = deferred()
    const { channel, client } = withReader(
      logWith(() => appended.promise.then(() => Promise.reject(new Error('full')))),
    )
    const final = channel.close({ final: true })
    const again = channel.close({ final: true })
    const plain = channel.close()
    appended.resolve()
    await expect(final).rejects.toMatchObject({ code: 'log-failed' })
    await expect(again).rejects.toMatchObject({ code: 'log-failed' })
    await plain
    expect((await client.rest()).ended).toBe(true)
    await expect(channel.publish('note', 1)).rejects.toMatchObject({ code: 'closed' })
  })

  it('in the tick of a final one is final for who is there', async () => {
    const { channel, client } = withReader()
    await Promise.all([channel.close({ final: true }), channel.close()])
    expect((await client.rest()).types).toEqual(['sse:cursor', 'sse:end'])
  })

  it('ends a reader that does not read, for which a final one waits', async () => {
    const channel = createChannel<{ note: string }>({ stream: { stallTimeout: false, heartbeat: false } })
    const response = channel.response(requestAfter())
    for (let count = 0; count < 5; count++) await channel.publish('note', 'x'.repeat(100_000))
    const final = channel.close({ final: true })
    expect(channel.size).toBe(1)
    await channel.close()
    await final
    expect(channel.size).toBe(0)
    await response.body!.cancel()
  })

  it('after the last stream has left resolves, whatever the first was', async () => {
    for (const options of [{}, { spread: 10 }, { final: true }]) {
      const { channel, client } = withReader()
      const first = channel.close(options)
      await client.disconnect()
      await first
      await channel.close()
      await channel.close({ final: true })
      expect(channel.size).toBe(0)
    }
  })

  it('leaves an ended channel to those who come for its history', async () => {
    const { channel } = withReader()
    const cursor = await channel.publish('note', 1)
    await channel.publish('note', 2)
    channel.close({ final: true })
    await channel.close()
    const late = new ChannelClient(channel.response(requestAfter(cursor)))
    expect((await late.rest()).types).toEqual(['sse:cursor', 'note', 'sse:end'])
  })
})

describe('an event published in the tick of the end', () => {
  it('still reaches who is there', async () => {
    const channel = createChannel<Events>()
    const client = new ChannelClient(channel.response(requestAfter()))
    await client.take()
    channel.publish('note', 1)
    channel.close()
    expect((await client.rest()).payloads).toEqual([1])
  })
})

describe('a close that nobody awaits', () => {
  it('is silent when onError has received its failure', async () => {
    const channel = createChannel<Events>({ log: logWith(() => Promise.reject(new Error('full'))) })
    const failure = deferred<unknown>()
    channel.onError(failure.resolve)
    channel.close({ final: true })
    channel.close({ final: true })
    expect(await failure.promise).toMatchObject({ code: 'log-failed' })
    await new Promise(setImmediate)
  })

  it('with a wrong option is an unhandled rejection, like any other mistake of the program', async () => {
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    try {
      const unhandled = new Promise((resolve) => process.once('unhandledRejection', resolve))
      createChannel<Events>().close({ spread: -1 })
      expect(await unhandled).toMatchObject({ code: 'invalid-option' })
    } finally {
      for (const listener of listeners) process.on('unhandledRejection', listener)
    }
  })
})
