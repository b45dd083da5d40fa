// A loop gets every event in order, holds the server back when it is slow, and takes the subscription with it when it was the last to listen.
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { errorsOf, quick, subscribed } from './collect.ts'
import { ended, rawServer, respondWith, STREAM, stream } from './raw-server.ts'

const numbers = (from: number, to: number) => {
  let text = ''
  for (let n = from; n <= to; n++) text += `id: ${n}\ndata: ${n}\n\n`
  return text
}

describe('a loop', () => {
  it('gets what came between its turns', async () => {
    const server = await rawServer(stream(numbers(1, 500)))
    const seen: number[] = []
    for await (const { data } of subscribed<{ message: number }>(server.url)) {
      seen.push(data)
      if (data % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (data === 500) break
    }
    expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
  })

  it('goes on over a reconnection', async () => {
    const server = await rawServer(ended(numbers(1, 2)), stream(numbers(3, 4)))
    const seen: number[] = []
    for await (const { data } of subscribed<{ message: number }>(server.url, quick)) {
      seen.push(data)
      if (data === 4) break
    }
    expect(seen).toEqual([1, 2, 3, 4])
  })

  it('is narrowed by events()', async () => {
    const server = await rawServer(stream('event: a\ndata: 1\n\nevent: b\ndata: 2\n\nevent: c\ndata: 3\n\n'))
    const subscription = subscribed<{ a: number; b: string; c: number }>(server.url)
    const seen: unknown[] = []
    for await (const event of subscription.events('a', 'c')) {
      const narrowed: 'a' | 'c' = event.type
      seen.push([narrowed, event.data])
      if (event.type === 'c') break
    }
    expect(seen).toEqual([
      ['a', 1],
      ['c', 3],
    ])
  })

  it('drains its queue before an end that the server made', async () => {
    const server = await rawServer(stream(`${numbers(1, 5)}event: sse:end\ndata:\n\n`))
    const subscription = subscribed<{ message: number }>(server.url)
    const loop = subscription[Symbol.asyncIterator]()
    await subscription.closed
    const seen: number[] = []
    for (let next = await loop.next(); !next.done; next = await loop.next()) seen.push(next.value.data)
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  it('drains it before it throws the fatal error, once', async () => {
    const server = await rawServer(ended(numbers(1, 3)), respondWith(410))
    const subscription = subscribed<{ message: number }>(server.url, quick)
    const loop = subscription[Symbol.asyncIterator]()
    const { error } = await subscription.closed
    const seen: number[] = []
    for (let count = 0; count < 3; count++) seen.push((await loop.next()).value!.data)
    expect(seen).toEqual([1, 2, 3])
    await expect(loop.next()).rejects.toBe(error)
    expect(await loop.next()).toEqual({ done: true, value: undefined })
  })

  it('forgets its queue at close()', async () => {
    const server = await rawServer(stream(numbers(1, 5)))
    const subscription = subscribed<{ message: number }>(server.url)
    const loop = subscription[Symbol.asyncIterator]()
    expect((await loop.next()).value!.data).toBe(1)
    subscription.close()
    expect(await loop.next()).toEqual({ done: true, value: undefined })
  })

  it('that is waiting ends at close()', async () => {
    const server = await rawServer(stream())
    const subscription = subscribed(server.url)
    const waiting = subscription[Symbol.asyncIterator]().next()
    await subscription.opened
    subscription.close()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('opened after the end is over at once, or throws what was fatal', async () => {
    const server = await rawServer(respondWith(404))
    const failed = subscribed(server.url)
    const errors = errorsOf(failed)
    await failed.closed
    await expect(failed[Symbol.asyncIterator]().next()).rejects.toBe(errors[0])
    const closed = subscribed(server.url)
    closed.close()
    expect(await closed[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  })

  it('serves several who wait in the order of their coming', async () => {
    const server = await rawServer(stream(numbers(1, 3)))
    const loop = subscribed<{ message: number }>(server.url)[Symbol.asyncIterator]()
    const results = await Promise.all([loop.next(), loop.next(), loop.next()])
    expect(results.map(({ value }) => value!.data)).toEqual([1, 2, 3])
  })
})

describe('leaving a loop', () => {
  it('closes a subscription that nobody else listens to', async () => {
    const server = await rawServer(stream(numbers(1, 5)))
    const subscription = subscribed(server.url)
    subscription.onError(() => {})
    subscription.state.subscribe(() => {})
    for await (const _ of subscription) break
    expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'client' })
    await server.idle()
  })

  it('by an error closes it too', async () => {
    const server = await rawServer(stream(numbers(1, 5)))
    const subscription = subscribed(server.url)
    const loop = (async () => {
      for await (const _ of subscription) throw new Error('mine')
    })()
    await expect(loop).rejects.toThrow('mine')
    expect(subscription.status).toBe('closed')
  })

  it('leaves it to a listener or to another loop', async () => {
    const server = await rawServer(stream(numbers(1, 5)))
    const subscription = subscribed<{ message: number }>(server.url)
    const other = subscription[Symbol.asyncIterator]()
    for await (const _ of subscription) break
    expect(subscription.status).toBe('open')
    const remove = subscription.on('message', () => {})
    await other.return!()
    expect(subscription.status).toBe('open')
    remove()
    await subscription.events('message')[Symbol.asyncIterator]().return!()
    expect(subscription.status).toBe('closed')
  })
})

describe('a loop that is slow', () => {
  it('stops the reading of the body, so that the server is held back, and loses nothing', async () => {
    const size = 32 * 1024
    const total = 1_500
    let written = 0
    let held: () => void
    const isHeld = new Promise<void>((resolve) => {
      held = resolve
    })
    const server = await rawServer(async (response) => {
      response.writeHead(200, STREAM)
      while (written < total) {
        const room = response.write(`data: [${++written},"${'x'.repeat(size)}"]\n\n`)
        if (room) continue
        const wait = setTimeout(() => held(), 300)
        await once(response, 'drain')
        clearTimeout(wait)
      }
      response.end('event: sse:end\ndata:\n\n')
    })
    const subscription = subscribed<{ message: [number, string] }>(server.url)
    const loop = subscription[Symbol.asyncIterator]()
    await isHeld
    const ahead = written
    // The queue holds 1 MiB and a chunk, the sockets of both sides some more.
    expect(ahead * size).toBeLessThan(20 * 1024 * 1024)
    let expected = 0
    for (let next = await loop.next(); !next.done; next = await loop.next()) {
      expect(next.value.data[0]).toBe(++expected)
    }
    expect(expected).toBe(total)
    expect(ahead).toBeLessThan(total)
  })

  it('stops it too when its events are many and small', async () => {
    let written = 0
    const part = numbers(1, 1_000)
    const server = await rawServer(async (response) => {
      response.writeHead(200, STREAM)
      for (; written < 2_000; written++) if (!response.write(part)) await once(response, 'drain')
    })
    const subscription = subscribed<{ message: number }>(server.url)
    const loop = subscription[Symbol.asyncIterator]()
    let taken = 0
    // The buffers of the sockets fill up after a while; from then on nothing is written without being read.
    for (let before = -1; before !== written; ) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(written).toBeLessThan(2_000)
    const ahead = written
    while (written === ahead) {
      await loop.next()
      taken++
    }
    expect(taken).toBeGreaterThan(0)
  })

  it('gives the reading free when it leaves', async () => {
    const server = await rawServer(stream(numbers(1, 5_000), 'event: last\ndata:\n\n'))
    const subscription = subscribed<{ message: number; last: undefined }>(server.url)
    const delivered = new Promise<void>((resolve) => subscription.on('last', () => resolve()))
    const loop = subscription.events('message')[Symbol.asyncIterator]()
    await loop.next()
    await loop.return!()
    await delivered
  })
})

it('ends the loop with a payload that cannot be read when nobody listens to errors', async () => {
  const server = await rawServer(stream('data: 1\n\ndata: {\n\ndata: 3\n\n'))
  const subscription = subscribed<{ message: number }>(server.url)
  const seen: number[] = []
  const loop = (async () => {
    for await (const { data } of subscription) seen.push(data)
  })()
  await expect(loop).rejects.toMatchObject({ code: 'payload-not-decodable', raw: '{' })
  expect(seen).toEqual([1])
  expect(subscription.state.get()).toEqual({ status: 'closed', reason: 'client' })
})

it('goes past it when somebody does', async () => {
  const server = await rawServer(stream('data: 1\n\ndata: {\n\ndata: 3\n\n'))
  const subscription = subscribed<{ message: number }>(server.url)
  const errors = errorsOf(subscription)
  const seen: number[] = []
  for await (const { data } of subscription) {
    seen.push(data)
    if (data === 3) break
  }
  expect(seen).toEqual([1, 3])
  expect(errors).toEqual([expect.objectContaining({ code: 'payload-not-decodable' })])
})
