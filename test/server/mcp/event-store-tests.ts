import { expect, it } from 'vitest'
import type { EventLog } from '../../../src/server/index.ts'
import { createEventStore, type McpEventStore } from '../../../src/server/mcp/index.ts'

interface Message {
  readonly n?: number
}

/** Replays the messages of a store after an event. */
async function replay(store: McpEventStore<Message>, after: string) {
  const sent: [id: string, message: Message][] = []
  const streamId = await store.replayEventsAfter(after, {
    send: async (id, message) => {
      await null
      sent.push([id, message])
    },
  })
  return { streamId, sent }
}

/** Tests of an event store over one kind of log. `newLog` receives the number of entries that the log keeps. */
export function eventStoreTests(newLog: (maxEvents?: number) => EventLog): void {
  it('gives each event an id of its own, and knows its stream', async () => {
    const store = createEventStore<Message>(newLog())
    const ids = [await store.storeEvent('one', { n: 1 }), await store.storeEvent('_GET_stream', { n: 2 })]
    expect(new Set(ids).size).toBe(2)
    expect(await Promise.all(ids.map((id) => store.getStreamIdForEventId(id)))).toEqual(['one', '_GET_stream'])
  })

  it('replays what follows in the same stream only, in order, with its ids, each time', async () => {
    const store = createEventStore<Message>(newLog())
    const ids: string[] = []
    for (let n = 0; n < 300; n++) ids.push(await store.storeEvent(n % 2 ? 'odd' : '_GET_stream', { n }))
    const even = ids.flatMap((id, n) => (n > 10 && n % 2 === 0 ? [[id, { n }]] : []))
    expect(await replay(store, ids[10]!)).toEqual({ streamId: '_GET_stream', sent: even })
    expect(await replay(store, ids[10]!)).toEqual({ streamId: '_GET_stream', sent: even })
    expect(await replay(store, ids.at(-1)!)).toEqual({ streamId: 'odd', sent: [] })
  })

  it('replays what was stored after many events of other streams', async () => {
    const store = createEventStore<Message>(newLog())
    const first = await store.storeEvent('quiet', { n: 0 })
    for (let n = 1; n <= 400; n++) await store.storeEvent('busy', { n })
    const last = await store.storeEvent('quiet', { n: 401 })
    expect((await replay(store, first)).sent).toEqual([[last, { n: 401 }]])
  })

  it('does not replay an empty message, which only gives a client its first id', async () => {
    const store = createEventStore<Message>(newLog())
    const first = await store.storeEvent('one', {})
    await store.storeEvent('one', {})
    const last = await store.storeEvent('one', { n: 1 })
    expect(await replay(store, first)).toEqual({ streamId: 'one', sent: [[last, { n: 1 }]] })
  })

  it('refuses an id that the log no longer has, or never had', async () => {
    const store = createEventStore<Message>(newLog(4))
    const trimmed = await store.storeEvent('one', { n: 0 })
    for (let n = 1; n < 10; n++) await store.storeEvent('one', { n })
    const [epoch] = trimmed.split('.')
    for (const id of [trimmed, 'other.1', `${epoch}.zzz`, `${epoch}.0`, '', 'one_1_x', '__proto__']) {
      expect(await store.getStreamIdForEventId(id)).toBeUndefined()
      await expect(replay(store, id)).rejects.toMatchObject({
        name: 'EventwireError',
        code: 'invalid-field',
        message: `event id ${JSON.stringify(id)} is not in the log; the client has to begin anew`,
      })
    }
  })

  it('fails when the client cannot be sent to', async () => {
    const store = createEventStore<Message>(newLog())
    const first = await store.storeEvent('one', { n: 0 })
    await store.storeEvent('one', { n: 1 })
    const send = () => Promise.reject(new Error('gone'))
    await expect(store.replayEventsAfter(first, { send })).rejects.toThrow('gone')
  })
}
