import { describe, expect, it } from 'vitest'
import { type Channel, createChannel, type EventLog, type ReaderOptions } from '../../../src/server/index.ts'
import type { StreamOptions } from '../../../src/server/stream/types.ts'
import { requestAfter } from './channel-client.ts'

interface Events {
  note: number
  lost: string
}

/** Opens a stream of a channel, and gives what a client receives. */
export type OpenStream = (channel: Channel<any>, cursor: string, options: ReaderOptions<any>) => Promise<Response>

export const openOnFetch: OpenStream = async (channel, cursor, options) =>
  channel.response(requestAfter(cursor), options)

/** The text of a response without the preamble and heartbeats, as it arrives. */
class Wire {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''

  constructor({ body }: Response) {
    this.#reader = body!.getReader()
  }

  /** Reads until the text contains this. */
  async until(wanted: string): Promise<string> {
    while (!this.text.includes(wanted)) {
      if (!(await this.#read())) throw new Error(`the stream ended without ${JSON.stringify(wanted)}: ${this.text}`)
    }
    return this.text
  }

  async rest(): Promise<string> {
    while (await this.#read());
    return this.text
  }

  get text(): string {
    return this.#text.replace(/^:( heartbeat=\d+)?\n/gm, '')
  }

  disconnect(): Promise<void> {
    return this.#reader.cancel()
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#reader.read()
    this.#text += this.#decoder.decode(value, { stream: !done })
    return !done
  }
}

const note = (n: number, id: string) => `event: note\nid: ${id}\ndata: ${n}\n\n`
const FORMS = ['events', 'comments'] as const
/** The frames of each form. */
const frames = {
  events: {
    cursor: (id: string) => `event: sse:cursor\nid: ${id}\ndata: {}\n\n`,
    gap: (data: object, id?: string) =>
      `event: sse:gap\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`,
    end: 'event: sse:end\nid: sse:end\ndata: {}\n\n',
  },
  comments: {
    cursor: (id: string) => `id: ${id}\n\n`,
    gap: (data: object, id?: string) =>
      `: sse:gap ${JSON.stringify({ ...data, id })}\n${id === undefined ? '' : `id: ${id}\n\n`}`,
    end: ': sse:end\nid: sse:end\n\n',
  },
}

/** Tests of the control information on the wire, byte by byte in both forms, with one kind of log and of response. */
export function controlFormTests(newLog: () => EventLog, openStream: OpenStream): void {
  const onLog = (log: EventLog, stream: Omit<StreamOptions<Events>, 'events'> = {}) =>
    createChannel<Events>({ log, stream: { heartbeat: false, ...stream } })
  const open = async (channel: Channel<Events>, cursor = '', options: ReaderOptions<Events> = {}) =>
    new Wire(await openStream(channel, cursor, options))

  describe.each(FORMS)('as %s', (controls) => {
    const { cursor, gap, end } = frames[controls]
    const isEvents = controls === 'events'

    it('the cursor is sent to a reader that begins live', async () => {
      const channel = onLog(newLog(), { controls })
      const before = await channel.publish('note', 1)
      const wire = await open(channel)
      expect(await wire.until(`${before}\n`)).toBe(cursor(before))
      const after = await channel.publish('note', 2)
      expect(await wire.until('data: 2\n\n')).toBe(cursor(before) + note(2, after))
      await wire.disconnect()
    })

    it("the cursor is sent to a reader from: 'start' and to one that resumes as an event only", async () => {
      const channel = onLog(newLog(), { controls })
      const head = await channel.cursor()
      const one = await channel.publish('note', 1)
      const two = await channel.publish('note', 2)
      const begun = await open(channel, '', { from: 'start' })
      expect(await begun.until('data: 2\n\n')).toBe((isEvents ? cursor(head) : '') + note(1, one) + note(2, two))
      const resumed = await open(channel, one)
      expect(await resumed.until('data: 2\n\n')).toBe((isEvents ? cursor(one) : '') + note(2, two))
      const given = await open(channel, '', { from: one })
      expect(await given.until('data: 2\n\n')).toBe((isEvents ? cursor(one) : '') + note(2, two))
      await Promise.all([begun.disconnect(), resumed.disconnect(), given.disconnect()])
    })

    it('the cursor that filtered events have moved is sent in silence', async () => {
      const channel = onLog(newLog(), { controls, heartbeat: 20 })
      const wire = await open(channel, '', { from: 'start', filter: ({ data }) => data === 2 })
      const first = await channel.publish('note', 2)
      const text = await wire.until(note(2, first))
      const head = await channel.publish('note', 1)
      expect(await wire.until(`${head}\n`)).toBe(text + cursor(head))
      await wire.disconnect()
    })

    it('a gap is reported with the position, and events follow', async () => {
      const channel = onLog(newLog(), { controls })
      const oldest = await channel.cursor()
      const head = await channel.publish('note', 1)
      const wire = await open(channel, 'other.1')
      const reported = await wire.until(`${head}\n`)
      expect(reported).toBe(gap({ reason: 'epoch', oldest }, head))
      const after = await channel.publish('note', 2)
      expect(await wire.until('data: 2\n\n')).toBe(reported + note(2, after))
      await wire.disconnect()
    })

    it('a gap with a snapshot has no position, which follows the snapshot', async () => {
      const channel = onLog(newLog(), { controls })
      const oldest = await channel.cursor()
      const head = await channel.publish('note', 1)
      const wire = await open(channel, 'other.1', { snapshot: (stream) => stream.send('note', 0) })
      expect(await wire.until(`${head}\n`)).toBe(
        `${gap({ reason: 'epoch', oldest })}event: note\ndata: 0\n\n${cursor(head)}`,
      )
      await wire.disconnect()
    })

    it("a gap of a reader from: 'start' leaves its cursor to the events", async () => {
      const channel = onLog(newLog(), { controls })
      const oldest = await channel.cursor()
      const head = await channel.publish('note', 1)
      const wire = await open(channel, 'other.1', { from: 'start' })
      const after = await channel.publish('note', 2)
      const frame = gap({ reason: 'epoch', oldest }, head)
      expect(await wire.until('data: 2\n\n')).toBe(
        (isEvents ? frame : frame.replace(`id: ${head}\n\n`, '')) + note(2, after),
      )
      await wire.disconnect()
    })

    it('onGap follows the gap, and the snapshot follows onGap', async () => {
      const gaps: object[] = []
      const channel = onLog(newLog(), {
        controls,
        onGap: async (stream, gap) => {
          gaps.push(gap)
          await null
          stream.send('lost', gap.reason)
        },
      })
      const oldest = await channel.cursor()
      const head = await channel.publish('note', 1)
      const plain = await open(channel, 'other.1')
      const lost = 'event: lost\ndata: "epoch"\n\n'
      const after = await channel.publish('note', 2)
      expect(await plain.until('data: 2\n\n')).toBe(gap({ reason: 'epoch', oldest }, head) + lost + note(2, after))
      const withSnapshot = await open(channel, 'other.1', { snapshot: (stream) => stream.send('note', 0) })
      expect(await withSnapshot.until(cursor(after))).toBe(
        `${gap({ reason: 'epoch', oldest })}${lost}event: note\ndata: 0\n\n${cursor(after)}`,
      )
      expect(gaps).toEqual([
        { reason: 'epoch', oldest },
        { reason: 'epoch', oldest },
      ])
      await Promise.all([plain.disconnect(), withSnapshot.disconnect()])
    })

    it('the topics of an event are lines before it, live and replayed', async () => {
      const channel = onLog(newLog(), { controls })
      const options = { topics: ['a', 'b'], from: 'start' } as const
      const live = await open(channel, '', options)
      const id = await channel.publish('note', 1, { topics: ['b', 'secret'] })
      const frame = `${isEvents ? '' : ': '}topic: b\n${note(1, id)}`
      expect(await live.until('data: 1\n\n')).toContain(frame)
      const replayed = await open(channel, '', options)
      expect(await replayed.until('data: 1\n\n')).toContain(frame)
      await Promise.all([live.disconnect(), replayed.disconnect()])
    })

    it('the final end follows the last event, with `done` before it', async () => {
      const log = newLog()
      const one = await onLog(log).publish('note', 1)
      await onLog(log).close({ final: true })
      const plain = await open(onLog(log, { controls }), '', { from: one })
      expect(await plain.rest()).toBe((isEvents ? cursor(one) : '') + end)
      const done = await open(onLog(log, { controls, done: '[DONE]' }), '', { from: one })
      expect(await done.rest()).toBe(`${isEvents ? cursor(one) : 'id: sse:end\n'}data: [DONE]\n\n${end}`)
    })

    it('an end that is not final has neither', async () => {
      const channel = onLog(newLog(), { controls, done: '[DONE]' })
      const head = await channel.cursor()
      const wire = await open(channel)
      await wire.until(`${head}\n`)
      await channel.close({ retry: 5 })
      expect(await wire.rest()).toBe(`${cursor(head)}retry: 5\n\n`)
    })
  })
}
