// pipe() pulls a source at the client's pace; whichever of the two ends first ends the other.
import { describe, expect, it } from 'vitest'
import { createStream } from '../../../src/server/index.ts'
import { deferred } from '../deferred.ts'
import { Reading, requestWith } from '../reading.ts'

type Events = { count: number; text: string }
type Count = { type: 'count'; data: number; id?: string }

function streamOf(counts: readonly Count[]): ReadableStream<Count> {
  return new ReadableStream({
    start(controller) {
      for (const count of counts) controller.enqueue(count)
      controller.close()
    },
  })
}

describe('a source', () => {
  const counts: Count[] = [
    { type: 'count', data: 1, id: 'a' },
    { type: 'count', data: 2 },
  ]
  const wire = ': heartbeat=15000\nevent: count\nid: a\ndata: 1\n\nevent: count\ndata: 2\n\n'

  it.each<[string, () => Iterable<Count> | AsyncIterable<Count> | ReadableStream<Count>]>([
    ['an array', () => counts],
    ['a generator', () => counts.values()],
    [
      'an async generator',
      async function* () {
        yield* counts
      },
    ],
    ['a ReadableStream', () => streamOf(counts)],
  ])('may be %s, and its end closes the stream', async (_, source) => {
    const stream = createStream<Events>()
    const closed = stream.pipe(source())
    expect(await new Reading(stream.response).rest()).toBe(wire)
    expect(await closed).toMatchObject({ reason: 'server', events: 2 })
    expect(await closed).toBe(await stream.closed)
  })

  it('may end the stream for good itself', async () => {
    const stream = createStream<Events>()
    let finished = false
    async function* answer() {
      try {
        yield { type: 'text' as const, data: 'all' }
        stream.close({ final: true })
      } finally {
        finished = true
      }
    }
    const closed = stream.pipe(answer())
    expect(await new Reading(stream.response).rest()).toContain('id: sse:end\n')
    expect(await closed).toMatchObject({ reason: 'final', events: 1 })
    expect(finished).toBe(true)
  })

  it('that is final when it ends closes the stream as final', async () => {
    const stream = createStream<Events>()
    const closed = stream.pipe(counts, { final: true })
    expect(await new Reading(stream.response).rest()).toBe(`${wire}event: sse:end\nid: sse:end\ndata: {}\n\n`)
    expect(await closed).toMatchObject({ reason: 'final', events: 2 })
  })

  it('that is final is not when it fails, or when the client leaves', async () => {
    const failing = createStream<Events>()
    async function* broken(): AsyncGenerator<Count> {
      yield { type: 'count', data: 1 }
      throw new Error('half an answer')
    }
    const failed = failing.pipe(broken(), { final: true })
    expect(await new Reading(failing.response).rest()).not.toContain('sse:end')
    expect(await failed).toMatchObject({ reason: 'error' })

    const left = createStream<Events>()
    const closed = left.pipe(new ReadableStream<Count>(), { final: true })
    await left.response.body!.cancel()
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('is not started for a client that brings the terminal id', async () => {
    let runs = 0
    async function* answer(): AsyncGenerator<Count> {
      runs++
      yield { type: 'count', data: 1 }
    }
    const stream = createStream<Events>(requestWith({ headers: { 'Last-Event-ID': 'sse:end' } }))
    expect(await stream.pipe(answer(), { final: true })).toMatchObject({ reason: 'final' })
    expect(runs).toBe(0)
  })

  it('is refused with an end that is neither final nor not, before it is pulled', () => {
    let pulled = false
    function* source(): Generator<Count> {
      pulled = true
      yield { type: 'count', data: 1 }
    }
    const stream = createStream<Events>()
    expect(() => stream.pipe(source(), { final: 'yes' as never })).toThrow('final is "yes"; give true or false')
    expect(pulled).toBe(false)
    stream.close()
  })

  it.each([undefined, 7, 'text', {}])('that is %s is refused', (source) => {
    const stream = createStream<Events>()
    const shown = typeof source === 'string' ? `"${source}"` : String(source)
    expect(() => stream.pipe(source as never)).toThrow(
      `source is ${shown}; give an iterable, an async iterable or a ReadableStream of events`,
    )
    stream.close()
  })
})

describe('the pace', () => {
  it('is that of the client', async () => {
    let pulled = 0
    function* endless(): Generator<Count | { type: 'text'; data: string }> {
      for (;;) {
        pulled++
        yield { type: 'text', data: 'x'.repeat(10_000) }
      }
    }
    const stream = createStream<Events>()
    stream.pipe(endless())
    const reading = new Reading(stream.response)
    let taken = 0
    for (let count = 0; count < 50; count++) {
      taken += (await reading.next())!.length
      expect(pulled * 10_000 - taken).toBeLessThan(65_536 + 3 * 10_000)
    }
    expect(pulled).toBeGreaterThan(20)
    await reading.disconnect()
  })

  it('is never faster than maxBuffer lets it be', async () => {
    let pulled = 0
    function* endless(): Generator<Count> {
      for (;;) yield { type: 'count', data: pulled++ }
    }
    const stream = createStream<Events>(undefined, { maxBuffer: 100 })
    stream.pipe(endless())
    await new Promise(setImmediate)
    expect(pulled).toBeLessThan(10)
    expect(stream.signal.aborted).toBe(false)
    stream.close()
  })
})

describe('a client that leaves', () => {
  it('returns a source that waits for room', async () => {
    const returned = deferred()
    function* endless(): Generator<Count> {
      try {
        for (;;) yield { type: 'count', data: 1 }
      } finally {
        returned.resolve()
      }
    }
    const stream = createStream<Events>(undefined, { maxBuffer: 50 })
    const closed = stream.pipe(endless())
    await new Promise(setImmediate)
    await stream.response.body!.cancel()
    await returned.promise
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('returns an iterator at once that waits for its next event', async () => {
    const returned = deferred()
    const source: AsyncIterable<Count> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returned.resolve()
          return { done: true, value: undefined }
        },
      }),
    }
    const stream = createStream<Events>()
    const closed = stream.pipe(source)
    await stream.response.body!.cancel()
    await returned.promise
    expect(await closed).toMatchObject({ reason: 'client' })
  })

  it('returns a generator as soon as what it awaits settles, for which there is the signal', async () => {
    const started = deferred()
    const returned = deferred()
    const stream = createStream<Events>()
    async function* waiting(): AsyncGenerator<Count> {
      try {
        started.resolve()
        await new Promise((resolve) => stream.signal.addEventListener('abort', resolve))
        yield { type: 'count', data: 1 }
      } finally {
        returned.resolve()
      }
    }
    stream.pipe(waiting())
    await started.promise
    await stream.response.body!.cancel()
    await returned.promise
  })

  it('cancels a ReadableStream', async () => {
    const cancelled = deferred()
    const stream = createStream<Events>()
    stream.pipe(new ReadableStream<Count>({ cancel: () => cancelled.resolve() }))
    await stream.response.body!.cancel()
    await cancelled.promise
  })

  it('before the source is piped returns it without pulling', async () => {
    const stream = createStream<Events>()
    stream.close()
    const returned = deferred()
    let pulled = false
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          pulled = true
          return { done: true as const, value: undefined }
        },
        return: async () => {
          returned.resolve()
          return { done: true as const, value: undefined }
        },
      }),
    }
    expect(await stream.pipe(source)).toMatchObject({ reason: 'server' })
    await returned.promise
    expect(pulled).toBe(false)
  })

  it('ignores what a source throws while it is returned', async () => {
    const stream = createStream<Events>()
    const source: AsyncIterable<Count> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => Promise.reject(new Error('cleaning up failed')),
      }),
    }
    const closed = stream.pipe(source)
    stream.close()
    expect(await closed).toMatchObject({ reason: 'server' })
    await new Promise(setImmediate)
  })
})

describe('a source that fails', () => {
  it('closes the stream as error, with the cause here and not a word of it there', async () => {
    const failure = new Error('password in the text')
    const stream = createStream<Events>()
    async function* failing(): AsyncGenerator<Count> {
      yield { type: 'count', data: 1 }
      throw failure
    }
    const closed = stream.pipe(failing())
    expect(await new Reading(stream.response).rest()).toBe(': heartbeat=15000\nevent: count\ndata: 1\n\n')
    expect(await closed).toMatchObject({ reason: 'error', events: 1 })
    expect((await closed).error).toBe(failure)
  })

  it('with an event that cannot be sent is returned', async () => {
    const returned = deferred()
    const stream = createStream<Events>()
    function* bad(): Generator<Count> {
      try {
        yield { type: 'count', data: 1n as never }
      } finally {
        returned.resolve()
      }
    }
    const { reason, error } = await stream.pipe(bad())
    await returned.promise
    expect(reason).toBe('error')
    expect(error).toMatchObject({
      code: 'payload-not-encodable',
      message: 'payload of "count" cannot be encoded: Do not know how to serialize a BigInt',
    })
  })

  it('after the stream has closed is nobody’s concern', async () => {
    const next = deferred()
    const stream = createStream<Events>()
    const late: AsyncIterable<Count> = {
      [Symbol.asyncIterator]: () => ({ next: () => next.promise.then(() => Promise.reject(new Error('too late'))) }),
    }
    const closed = stream.pipe(late)
    await Promise.resolve()
    stream.close()
    next.resolve()
    expect(await closed).toMatchObject({ reason: 'server' })
    await new Promise(setImmediate)
  })
})
