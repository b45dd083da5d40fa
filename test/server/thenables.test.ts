// Any thenable is awaited: a promise of another library or realm is as good as the platform's own.
import { describe, expect, it } from 'vitest'
import { readEvents } from '../../src/client/index.ts'
import { defineEvents, type StandardSchemaV1 } from '../../src/index.ts'
import { type Cursor, createChannel, createStream, type EventLog, memoryLog } from '../../src/server/index.ts'
import { ChannelClient, requestAfter } from './channel/channel-client.ts'
import { Reading } from './reading.ts'

interface Events {
  note: number
}

/** A promise of somebody else's make. */
function later<Value>(settle: () => Value): PromiseLike<Value> {
  const promise = Promise.resolve().then(settle)
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  return { then: (resolve, reject) => promise.then(resolve, reject) }
}

const fails = () => {
  throw new Error('disk full')
}

describe('a log', () => {
  const wrapped = (log: EventLog, part: Partial<EventLog> = {}): EventLog => ({
    append: (entries) => later(() => log.append(entries) as Cursor[]),
    read: (after, limit) => later(() => log.read(after, limit)) as never,
    follow: (onEntries, onLost) => log.follow(onEntries, onLost),
    close: () => later(() => {}),
    ...part,
  })

  it('may answer by thenables', async () => {
    const channel = createChannel<Events>({ log: wrapped(memoryLog()) })
    const stream = createStream<Events>()
    const client = new ChannelClient(stream.response)
    expect(await channel.subscribe(stream)).toMatchObject({ status: 'fresh' })
    const cursor = await channel.publish('note', 1)
    await channel.publish('note', 2)
    await client.until(({ events }) => events.length === 2)
    const back = new ChannelClient(channel.response(requestAfter(cursor)))
    await back.until(({ events }) => events.length === 1)
    expect(back.payloads).toEqual([2])
    await channel.close({ final: true })
    expect((await client.rest()).types).toEqual(['sse:cursor', 'note', 'note', 'sse:end'])
  })

  it('may fail by thenables', async () => {
    const errors: unknown[] = []
    const channel = createChannel<Events>({
      log: wrapped(memoryLog(), { append: () => later(fails), read: () => later(fails) }),
    })
    channel.onError(({ code }) => errors.push(code))
    await expect(channel.publish('note', 1)).rejects.toMatchObject({ code: 'log-failed' })
    const stream = createStream<Events>()
    expect(await channel.subscribe(stream)).toMatchObject({ status: 'closed' })
    expect(await stream.closed).toMatchObject({ reason: 'error' })
    expect(errors).toEqual(['log-failed', 'log-failed', 'log-failed']) // the head, the event, the stream
  })
})

describe('a snapshot', () => {
  it('may answer by a thenable', async () => {
    const channel = createChannel<Events>()
    const snapshot = (stream: { send(type: 'note', data: number): boolean }) => later(() => stream.send('note', 100))
    const client = new ChannelClient(channel.response(requestAfter(), { snapshot }))
    await channel.publish('note', 1)
    await client.until(({ events }) => events.length === 2)
    expect(client.payloads).toEqual([100, 1])
  })

  it('may fail by a thenable', async () => {
    const stream = createStream<Events>()
    createChannel<Events>().subscribe(stream, { snapshot: () => later(fails) })
    expect(await stream.closed).toMatchObject({ reason: 'error', error: new Error('disk full') })
  })
})

describe('a piped source', () => {
  it('may hand out thenables', async () => {
    const counts = [1, 2]
    const next = () => later(() => ({ done: counts.length === 0, value: { type: 'note', data: counts.shift() } }))
    const stream = createStream<Events>()
    const closed = stream.pipe({ [Symbol.asyncIterator]: () => ({ next }) } as never)
    expect(await new Reading(stream.response).rest()).toContain('data: 1\n\nevent: note\ndata: 2\n\n')
    expect(await closed).toMatchObject({ reason: 'server', events: 2 })
  })
})

describe('a payload', () => {
  const schema = (validate: (value: unknown) => unknown) =>
    ({ '~standard': { version: 1, vendor: 'own', validate } }) as unknown as StandardSchemaV1<number>
  const body = () => new Blob(['event: note\ndata: 1\n\n']).stream()
  const read = async (events: any) => {
    for await (const { data } of readEvents<any>(body(), { events })) return data
    return undefined
  }

  it('may be checked by a thenable where it arrives', async () => {
    const doubled = schema((value) => later(() => ({ value: Number(value) * 2 })))
    expect(await read(defineEvents({ note: doubled }))).toBe(2)
    const refused = schema(() => later(() => ({ issues: [{ message: 'not this one' }] })))
    await expect(read(defineEvents({ note: refused }))).rejects.toMatchObject({ code: 'payload-rejected' })
    const broken = schema(() => later(fails))
    await expect(read(defineEvents({ note: broken }))).rejects.toMatchObject({ code: 'payload-not-decodable' })
  })

  it('may be decoded by a thenable', async () => {
    const codec = (decode: (text: string) => any) => defineEvents({ note: { encode: String, decode } })
    expect(await read(codec((text) => later(() => Number(text))))).toBe(1)
    await expect(read(codec(() => later(fails)))).rejects.toMatchObject({ code: 'payload-not-decodable' })
  })

  it('is not sent unchecked because its schema answers by a thenable', () => {
    const events = defineEvents({ note: schema((value) => later(() => ({ value }))) })
    expect(() => createStream(undefined, { events }).send('note', 1)).toThrow(
      'payload of "note" cannot be encoded: the schema is asynchronous; send() needs a synchronous one',
    )
  })
})
