// The log in memory keeps the contract of every log, and its own bounds.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { memoryLog } from '../../../src/server/log/memory-log.ts'
import { collectEvents, createTestClock } from '../../../src/testing/index.ts'
import { describeEventLog } from './log-contract.ts'

describeEventLog('memoryLog', { open: memoryLog })

describe('its bounds', () => {
  const append = (log: ReturnType<typeof memoryLog>, data: string) =>
    (log.append([{ type: 'n', data }]) as readonly string[])[0]!
  const read = (log: ReturnType<typeof memoryLog>, cursor: string | undefined) =>
    log.read(cursor, 100) as import('../../../src/server/log/event-log.ts').Page

  it('hold no more bytes than maxBytes, of frames and their index', () => {
    const log = memoryLog({ maxBytes: 10_000 })
    const cursors = Array.from({ length: 1_000 }, (_, index) => append(log, `${index}`.padStart(100, 'é')))
    const { oldest } = read(log, undefined)
    const kept = cursors.length - cursors.indexOf(oldest) - 1
    const frame = new TextEncoder().encode(`event: n\nid: ${oldest}\ndata: ${'999'.padStart(100, 'é')}\n\n`).length
    // A frame and twelve bytes of index; the oldest go in pieces of an eighth.
    expect(kept * (frame + 12)).toBeLessThanOrEqual(10_000)
    expect(kept * (frame + 12)).toBeGreaterThan(10_000 * 0.6)
    expect(read(log, oldest).entries[0]!.data).toBe(`${1_000 - kept}`.padStart(100, 'é'))
    expect(read(log, cursors[0])).toMatchObject({ status: 'gap', reason: 'trimmed', next: oldest })
  })

  it('leave a replay in large pieces, whatever maxBytes is', async () => {
    for (const maxBytes of [Number.POSITIVE_INFINITY, 2 ** 32, 16_777_216]) {
      const channel = createChannel<{ note: number }>({ log: memoryLog({ maxBytes }) })
      for (let n = 0; n < 1_000; n++) await channel.publish('note', n)
      let [chunks, text] = [0, '']
      for await (const chunk of channel.response(new Request('http://localhost/'), { from: 'start' }).body!) {
        chunks++
        text += new TextDecoder().decode(chunk)
        if (text.includes('data: 999\n\n')) break
      }
      expect(text.match(/^data: \d/gm)).toHaveLength(1_000)
      expect(chunks).toBeLessThan(30)
    }
  })

  it('refuse what alone is larger, and keep what was there', () => {
    const log = memoryLog({ maxBytes: 100 })
    append(log, 'kept')
    const seen: string[] = []
    log.follow(
      (entries) => seen.push(...entries.map(({ data }) => data)),
      () => {},
    )
    const { newest, oldest } = read(log, undefined)
    for (const batch of [['x'.repeat(90)], ['a'.repeat(20), 'b'.repeat(20), 'c'.repeat(20)]]) {
      expect(() => log.append(batch.map((data) => ({ type: 'n', data })))).toThrowError(
        expect.objectContaining({
          code: 'event-too-large',
          message: expect.stringMatching(/^append to a memory log: 1\d\d bytes are over maxBytes, 100; send less$/),
        }),
      )
    }
    expect(read(log, undefined)).toMatchObject({ newest, oldest })
    expect(seen).toEqual([])
    append(log, 'x'.repeat(40))
    expect(seen).toEqual(['x'.repeat(40)])
  })

  it('refuse a batch with a name that no frame can carry, and keep nothing of it', () => {
    const log = memoryLog()
    const { newest } = read(log, undefined)
    const batch = [
      { type: 'n', data: '1' },
      { type: 'a\nb', data: '2' },
    ]
    expect(() => log.append(batch)).toThrowError(expect.objectContaining({ code: 'invalid-field' }))
    expect(read(log, undefined).newest).toBe(newest)
  })

  it('give data back exactly, whatever its lines', () => {
    const log = memoryLog()
    const start = read(log, undefined).newest
    const texts = [
      '',
      ' ',
      'a\nb',
      '\n',
      '\n\n',
      'a\ndata: b',
      'data: a\ndata:',
      'a\r\nb\rc\n',
      '😀é',
      ' x ',
      '\ndata: ',
    ]
    for (const text of texts) append(log, text)
    expect(read(log, start).entries.map(({ data }) => data)).toEqual(texts)
  })

  it('put any text whole into a segment or into the next one, live and replayed', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 })
    const batches = fc.array(fc.array(text, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(batches, async (sent) => {
        const channel = createChannel<{ note: string }>({ log: memoryLog() })
        const read = (from: 'now' | 'start') =>
          collectEvents<{ note: string }>(channel.response(new Request('http://localhost/'), { from }), {
            count: sent.flat().length,
          })
        const live = read('now')
        for (const batch of sent) await Promise.all(batch.map((data) => channel.publish('note', data)))
        for (const events of [await live, await read('start')])
          expect(events.map(({ data }) => data)).toEqual(sent.flat())
      }),
      { numRuns: 100 },
    )
  })

  it('forget an entry at its age, also when nothing is appended any more', async () => {
    using clock = createTestClock()
    const log = memoryLog({ maxAge: 1_000 })
    const start = read(log, undefined).next
    append(log, 'old')
    await clock.advance(600)
    append(log, 'young')
    await clock.advance(600)
    const page = read(log, start)
    expect(page).toMatchObject({ status: 'gap', reason: 'trimmed' })
    expect(read(log, page.next).entries.map(({ data }) => data)).toEqual(['young'])
    await clock.advance(600)
    expect(read(log, read(log, undefined).oldest).entries).toEqual([])
  })

  it.each(['maxEvents', 'maxBytes', 'maxAge'])('refuse a %s that is not positive', (name) => {
    for (const bound of [0, -1, Number.NaN]) {
      expect(() => memoryLog({ [name]: bound })).toThrowError(
        expect.objectContaining({ code: 'invalid-option', message: `${name} is ${bound}; give a positive number` }),
      )
    }
  })

  it('keep a long log readable from any position', () => {
    const log = memoryLog({ maxEvents: 100 })
    const cursors = Array.from({ length: 5_000 }, (_, index) => append(log, `${index}`))
    expect(read(log, cursors[4_899]).entries.map(({ data }) => data)).toEqual(
      Array.from({ length: 100 }, (_, index) => `${4_900 + index}`),
    )
    expect(read(log, cursors[4_898])).toMatchObject({ status: 'gap', reason: 'trimmed' })
    expect(read(log, cursors[4_999]).entries).toEqual([])
  })
})

it('begins another epoch each time', () => {
  const heads = Array.from({ length: 3 }, () => (memoryLog().read(undefined, 0) as { next: string }).next)
  expect(new Set(heads.map((cursor) => cursor.split('.')[0])).size).toBe(3)
})

it('keeps other followers and the publisher when one throws', async () => {
  const log = memoryLog()
  const seen: string[] = []
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve))
  log.follow(
    () => {
      throw new Error('mine')
    },
    () => {},
  )
  log.follow(
    (entries) => seen.push(entries[0]!.data),
    () => {},
  )
  log.append([{ type: 'n', data: 'a' }])
  expect(seen).toEqual(['a'])
  expect(await uncaught).toMatchObject({ message: 'mine' })
})
