// A wrong call throws at once. A log that fails, loses entries or replies late neither doubles nor loses a token.
import { createServer } from 'node:http'
import { EventSource } from 'eventsource'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { subscribe } from '../../../src/client/index.ts'
import { defineEvents, EventwireError, json, text } from '../../../src/index.ts'
import { createStream, type EventLog, memoryLog } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { createRuns, type Runs } from '../../../src/server/runs/index.ts'
import { eventually } from '../../eventually.ts'
import { listen } from '../../node/listen.ts'
import { deferred } from '../deferred.ts'
import {
  type Events,
  entriesOf,
  forever,
  machine,
  mute,
  parse,
  readRun,
  requestFor,
  sharedMemory,
  wrapped,
} from './machines.ts'

const run = async function* () {}
const ofCode = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })
const later = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('createRuns', () => {
  it.each<[object | undefined, RegExp]>([
    [undefined, /^run is undefined; give a function/],
    [{ run: undefined }, /^run is undefined; give a function/],
    [{ run, log: memoryLog() }, /^log is .*; give a function/],
    [{ run, failed: { type: 'a' } }, /^failed is .*; give a function/],
    [{ run, lease: 99 }, /^lease is 99; give milliseconds from 100/],
    [{ run, lease: '15s' }, /^lease is "15s"/],
    [{ run, keep: -1 }, /^keep is -1/],
    [{ run, input: {} }, /^input is .*; give a Standard Schema/],
    [{ run, stream: { heartbeat: 0 } }, /^heartbeat is 0/],
    [{ run, events: {} }, /plain object/],
  ])('refuses %j', (options, message) => {
    expect(() => createRuns(options as never)).toThrow(ofCode('invalid-option', message))
  })

  it('refuses a lost event that its map refuses', () => {
    const events = defineEvents({ token: text() })
    expect(() => createRuns({ run, events, lost: { type: 'other', data: 'a' } as never })).toThrow(
      ofCode('unknown-event', /"other"/),
    )
    expect(() => createRuns({ run, events, lost: { type: 'token', data: 1 } as never })).toThrow(
      ofCode('payload-not-encodable', /"token"/),
    )
    expect(() => createRuns({ run, lost: { type: 'sse:end' } as never })).toThrow(ofCode('invalid-field', /sse:/))
    // Also where no other name was checked before.
    expect(() => createRuns({ run, lost: { name: 'failed', data: 1 } as never })).toThrow(
      ofCode('invalid-field', /^event name is of type undefined/),
    )
  })
})

describe('a call', () => {
  it.each(['start', 'status', 'stop'] as const)('of %s rejects for an id that is not a name', async (name) => {
    const runs: Runs<any, any> = machine(undefined)
    for (const id of ['', 7, undefined]) {
      await expect(runs[name](id as never)).rejects.toEqual(ofCode('invalid-option', /^id is /))
    }
    await expect(runs.response(requestFor(), '')).rejects.toEqual(ofCode('invalid-option', /^id is ""/))
    await expect(runs.subscribe(createStream(), '')).rejects.toEqual(ofCode('invalid-option', /^id is ""/))
  })

  it('rejects for an id that the log refuses, and for a log that is not one', async () => {
    const refuse = machine(() => {
      throw new EventwireError('invalid-option', 'key is "{"; give a name without braces')
    })
    await expect(refuse.start('{', '')).rejects.toEqual(ofCode('invalid-option', /braces/))
    const cause = new Error('no')
    const broken = machine(() => {
      throw cause
    })
    await expect(broken.start('1', '')).rejects.toEqual(expect.objectContaining({ code: 'log-failed', cause }))
    await expect(machine(() => ({}) as never).status('1')).rejects.toEqual(
      ofCode('log-failed', /read is not a function/),
    )
  })

  it('of start rejects for an input that the schema refuses, before the run is claimed', async () => {
    const input = {
      '~standard': {
        version: 1 as const,
        vendor: 'own',
        validate: async (value: unknown) =>
          value === 'good' ? { value: 'parsed' } : { issues: [{ message: 'is bad', path: ['prompt'] }] },
      },
    }
    const runs = machine(undefined, {
      input,
      async *run({ input }) {
        yield { type: 'token', data: input }
      },
    })
    await expect(runs.start('1', 'bad')).rejects.toEqual(
      ofCode('payload-rejected', /^payload of "input" does not match its schema \(prompt: is bad\)/),
    )
    expect(await runs.status('1')).toBe('none')
    expect(await runs.start('1', 'good')).toEqual({ started: true })
    expect((await readRun(runs, '1')).tokens).toEqual(['parsed'])
  })

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['a promise', async () => {}],
    ['a text', () => 'tokens'],
  ])('of start rejects when run returns %s, and the run has failed', async (_, run) => {
    const runs = machine(undefined, { run: run as never })
    await expect(runs.start('1', '')).rejects.toEqual(
      ofCode('invalid-option', /^run is [\s\S]*; give a generator function/),
    )
    expect(await readRun(runs, '1')).toMatchObject({ tokens: [], how: 'failed' })
  })

  it('of start rejects with what run throws, and the run has failed', async () => {
    const cause = new TypeError('no model')
    const runs = machine(undefined, {
      run() {
        throw cause
      },
    })
    await expect(runs.start('1', '')).rejects.toMatchObject({
      code: 'callback-failed',
      message: '`run` failed: no model',
      cause,
    })
    expect(await readRun(runs, '1')).toMatchObject({ tokens: [], failed: ['TypeError'], how: 'failed' })
  })

  it('of subscribe rejects for a stream that reads a run already', async () => {
    const runs = machine(undefined, { run: ({ signal }) => forever(signal) })
    await runs.start('1', '')
    const stream = createStream<Events>(requestFor())
    await runs.subscribe(stream, '1')
    const again = runs.subscribe(stream, '1')
    await expect(again).rejects.toThrow(TypeError)
    await expect(again).rejects.toThrow('the stream has joined a channel; give each channel its own')
  })

  it('of subscribe closes a stream as final where there is no such run, and rejects for what is not a stream', async () => {
    const runs = machine(undefined)
    const stream = createStream<Events>(requestFor())
    expect(await runs.subscribe(stream, 'unknown')).toMatchObject({ status: 'closed' })
    expect(await stream.closed).toMatchObject({ reason: 'final' })
    await expect(runs.subscribe({} as never, '1')).rejects.toEqual(ofCode('invalid-option', /^stream is /))
  })

  it('of close checks its options first', async () => {
    const runs = machine(undefined)
    await expect(runs.close({ deadline: -1 })).rejects.toEqual(ofCode('invalid-option', /^deadline is -1/))
    await expect(runs.close({ retry: -1 })).rejects.toEqual(ofCode('invalid-option', /^retry is -1/))
    expect(await runs.start('1', 'one')).toEqual({ started: true })
  })
})

describe('an event', () => {
  const events = defineEvents({ token: text(), failed: json<{ reason: string }>() })

  it('has the codec of the map', async () => {
    const runs = createRuns({
      events,
      async *run() {
        yield { type: 'token', data: 'as it is' }
      },
    })
    await runs.start('1')
    expect(await (await runs.response(requestFor(), '1')).text()).toContain('data: as it is\n')
  })

  it.each<[string, unknown, string]>([
    ['an unknown name', { type: 'other', data: 'a' }, 'unknown-event'],
    ['a payload that the codec refuses', { type: 'token', data: 1 }, 'payload-not-encodable'],
    ['nothing', undefined, 'callback-failed'],
  ])('that is %s fails its run', async (_, event, code) => {
    const returned = vi.fn()
    const runs = createRuns({
      events,
      async *run() {
        try {
          yield event as never
        } finally {
          returned()
        }
      },
      failed: () => ({ type: 'failed', data: { reason: 'refused' } }),
    })
    const codes: string[] = []
    runs.onError((error) => codes.push(error.code))
    await runs.start('1')
    expect(parse(await (await runs.response(requestFor(), '1')).text())).toMatchObject({
      failed: ['refused'],
      how: 'failed',
    })
    expect(codes).toEqual([code])
    await eventually(() => expect(returned).toHaveBeenCalledOnce())
  })

  it('that the log does not take for its size fails the run; those before it are there', async () => {
    const log = memoryLog({ maxBytes: 4_096 })
    const runs = machine(() => wrapped(log, { append: async (...batch) => log.append(...batch), close() {} }), {
      async *run() {
        for (const data of ['one', 'two', 'x'.repeat(5_000), 'never']) yield { type: 'token', data }
      },
    })
    await runs.start('1', '')
    expect(await readRun(runs, '1')).toMatchObject({
      tokens: ['one', 'two'],
      failed: ['EventwireError'],
      how: 'failed',
    })
  })

  it('of `failed` that throws leaves an end without an event', async () => {
    const runs = machine(undefined, {
      async *run() {
        yield await Promise.reject(new Error('first'))
      },
      failed() {
        throw new Error('second')
      },
    })
    const causes: string[] = []
    runs.onError(({ cause }) => causes.push((cause as Error).message))
    await runs.start('1', '')
    expect(await readRun(runs, '1')).toMatchObject({ failed: [], how: 'failed' })
    expect(causes).toEqual(['first', 'second'])
  })
})

describe('a log', () => {
  it('that answers late, after it has appended or before, doubles and loses nothing', async () => {
    const log = memoryLog()
    let calls = 0
    const flaky = wrapped(log, {
      async append(entries, options) {
        calls++
        if (calls % 3 === 0) throw new Error('timed out before')
        const cursors = await log.append(entries, options)
        if (calls % 3 === 1) throw new Error('timed out behind')
        return cursors
      },
      close() {},
    })
    const runs = machine(() => flaky, { lease: 1_000 })
    const errors: string[] = []
    runs.onError(({ code }) => errors.push(code))
    const words = Array.from({ length: 20 }, (_, index) => `${index}`)
    expect(await runs.start('1', words.join(' '))).toEqual({ started: true })
    expect(await readRun(runs, '1')).toMatchObject({ tokens: words, failed: [], how: 'done' })
    expect((await entriesOf(log)).filter((entry) => entry === 'sse:run')).toHaveLength(1)
    expect(new Set(errors)).toEqual(new Set(['log-failed']))
  })

  it('that fails for four leases ends the run as failed once it answers again', async () => {
    const log = memoryLog()
    let fails = false
    const signals: AbortSignal[] = []
    const broken = wrapped(log, {
      async append(...batch) {
        if (fails) throw new Error('the disk is full')
        return log.append(...batch)
      },
      close() {},
    })
    const runs = machine(() => broken, {
      lease: 100,
      async *run({ signal }) {
        signals.push(signal)
        yield { type: 'token', data: 'one' }
        await later(20)
        fails = true
        for (;;) {
          yield { type: 'token', data: 'more' }
          await later(5)
        }
      },
    })
    const errors: unknown[] = []
    runs.onError((error) => errors.push(error))
    await runs.start('1', '')
    const reading = readRun(runs, '1')
    await eventually(() => expect(signals[0]?.aborted).toBe(true))
    expect(errors[0]).toEqual(ofCode('log-failed', /the disk is full/))
    fails = false
    const { tokens, failed, how } = await reading
    expect([tokens[0], new Set(tokens.slice(1)), failed, how]).toEqual([
      'one',
      new Set(['more']),
      ['EventwireError'],
      'failed',
    ])
  })

  it('that calls its followers back within an append has one append of a producer at a time', async () => {
    const log = memoryLog()
    let stop: (() => void) | undefined
    let [present, most] = [0, 0]
    const prompt = wrapped(log, {
      async append(entries, options) {
        present++
        most = Math.max(most, present)
        stop?.()
        await later()
        present--
        return log.append(entries, options)
      },
      follow(onEntries, onLost) {
        stop ??= () => onEntries([{ type: 'sse:stop', data: '{}', cursor: 'epoch.2' }])
        return log.follow(onEntries, onLost)
      },
      close() {},
    })
    const runs = machine(() => prompt)
    await runs.start('1', 'one two three')
    expect((await readRun(runs, '1')).how).toBe('stopped')
    expect(most).toBe(1)
    expect((await entriesOf(log)).at(-1)).toBe('end {"how":"stopped"}')
  })

  it('that takes no claim lets start reject', async () => {
    const log = memoryLog()
    const runs = machine(() => wrapped(log, { append: async () => Promise.reject(new Error('down')), close() {} }))
    await expect(runs.start('1', 'one')).rejects.toEqual(ofCode('log-failed', /down/))
    expect(await entriesOf(log)).toEqual([])
  })

  it('that cannot be read lets all others reject', async () => {
    const runs = machine(() =>
      wrapped(memoryLog(), {
        read: () => {
          throw new Error('down')
        },
      }),
    )
    for (const call of [runs.status('1'), runs.stop('1'), runs.response(requestFor(), '1'), runs.start('1', '')]) {
      await expect(call).rejects.toEqual(ofCode('log-failed', /down/))
    }
  })

  it('that throws while a run is watched leaves the watch alive', async () => {
    const open = sharedMemory()
    await machine(mute(open()), { lease: 200, run: ({ signal }) => forever(signal) }).start('1', '')
    let failures = 0
    let isChecked = false
    const flaky = machine(
      (id) => {
        const log = open()(id)
        return wrapped(log, {
          append(entries, options) {
            // Only a check appends behind the empty head of a log that is not empty.
            isChecked = options?.after?.endsWith('.0') ?? false
            return log.append(entries, options)
          },
          read(...page) {
            if (!isChecked || failures === 3) return log.read(...page)
            isChecked = false
            failures++
            throw new Error('the disk is slow')
          },
        })
      },
      { lease: 200 },
    )
    expect(await readRun(flaky, '1')).toMatchObject({ tokens: ['one'], how: 'lost' })
    expect(failures).toBe(3)
  })

  it('that forgets the run fences its producer, and its readers learn that it is lost', async () => {
    const logs = [memoryLog(), memoryLog()]
    let present = logs[0]!
    const losses = new Set<() => void>()
    const forgetful: EventLog = {
      append: (...batch) => present.append(...batch),
      read: (...page) => present.read(...page),
      follow(onEntries, onLost) {
        losses.add(onLost)
        const removes = logs.map((log) => log.follow(onEntries, onLost))
        return () => {
          for (const remove of removes) remove()
        }
      },
      close() {},
    }
    const signals: AbortSignal[] = []
    const runs = machine(() => forgetful, {
      lease: 200,
      async *run({ signal }) {
        signals.push(signal)
        for (let index = 0; ; index++) {
          yield { type: 'token', data: `${index}` }
          await later(10)
        }
      },
    })
    await runs.start('1', '')
    const reading = readRun(runs, '1')
    await later(50)
    present = logs[1]!
    for (const lose of losses) lose()
    const { text, failed, how } = await reading
    expect({ failed, how }).toEqual({ failed: ['the server went away'], how: 'lost' })
    expect(text).toContain('"reason":"epoch"')
    expect(signals[0]!.aborted).toBe(true)
    expect([await runs.status('1'), await entriesOf(logs[1]!)]).toEqual(['none', []])
  })
})

describe('the logs of runs', () => {
  it('are closed when nobody uses them, each as often as it was opened', async () => {
    const open = sharedMemory()()
    const counts = new Map<string, number>()
    const runs = machine((id) => {
      counts.set(id, (counts.get(id) ?? 0) + 1)
      return wrapped(open(id), { close: () => void counts.set(id, counts.get(id)! - 1) })
    })
    await runs.start('1', 'one two')
    await Promise.all([readRun(runs, '1'), readRun(runs, '1'), runs.status('2'), runs.stop('3')])
    const left = await runs.response(requestFor(), '1')
    await left.body!.cancel()
    await eventually(() => expect([...counts.values()]).toEqual([0, 0, 0]))
  })

  it.each(['a check', 'a call'])(
    'are closed once by close(), and not called afterwards, while %s is under way',
    async (what) => {
      const open = sharedMemory()
      await machine(mute(open()), { lease: 200, run: ({ signal }) => forever(signal) }).start('1', '')
      const [asked, answer] = [deferred<void>(), deferred<void>()]
      const calls: string[] = []
      const runs = machine(
        (id) => {
          const log = open()(id)
          return wrapped(log, {
            async append(entries, options) {
              calls.push('append')
              // Only a check appends behind the empty head of a log that is not empty.
              if (options?.after?.endsWith('.0')) {
                asked.resolve()
                await answer.promise
              }
              return log.append(entries, options)
            },
            async read(...page) {
              calls.push('read')
              if (what === 'a call' && calls.length === 2) {
                asked.resolve()
                await answer.promise
              }
              return log.read(...page)
            },
            close: () => void calls.push('close'),
          })
        },
        { lease: 200 },
      )
      const call = what === 'a check' ? runs.response(requestFor(), '1') : runs.status('1')
      await asked.promise
      const closing = runs.close()
      await closing
      const atClose = calls.length
      answer.resolve()
      await call
      await later(300)
      expect(calls.slice(atClose - 1)).toEqual(['close'])
    },
  )

  it('in memory keep a finished run for `keep`, and then nothing of it', async () => {
    const runs = machine(undefined, { keep: 150 })
    await runs.start('1', 'one')
    expect((await readRun(runs, '1')).how).toBe('done')
    expect(await runs.status('1')).toBe('done')
    await eventually(async () => expect(await runs.status('1')).toBe('none'))
    expect((await runs.response(requestFor(), '1')).status).toBe(404)
  })

  it('keep nothing of ids that were only asked for', async () => {
    const opened = vi.fn(memoryLog)
    const runs = machine(() => opened())
    for (let index = 0; index < 3; index++) expect(await runs.status('1')).toBe('none')
    expect(opened).toHaveBeenCalledTimes(3)
  })
})

describe('on node:http', () => {
  async function serve(runs: Runs<any, any>, id = '1') {
    const port = await listen(createServer((req, res) => void respond(runs, id, req, res)))
    return `http://127.0.0.1:${port}/`
  }

  it('our client reads a run to its end, and knows how it ended', async () => {
    const runs = machine(undefined)
    await runs.start('1', 'one two')
    const url = await serve(runs)
    const subscription = subscribe<Events>(url)
    onTestFinished(() => subscription.close())
    const tokens: string[] = []
    subscription.on('token', (token) => tokens.push(token))
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final', how: 'done' })
    expect(tokens).toEqual(['one', 'two'])
    expect((await fetch(url, { headers: { 'Last-Event-ID': 'sse:end' } })).status).toBe(204)
  })

  it('a plain EventSource reads a run to its end, and does not come back after its 204', async () => {
    const runs = machine(undefined)
    await runs.start('1', 'one two')
    const source = new EventSource(await serve(runs))
    onTestFinished(() => source.close())
    const tokens: string[] = []
    source.addEventListener('token', ({ data }) => tokens.push(JSON.parse(data)))
    await eventually(() => expect(source.readyState).toBe(source.CLOSED))
    expect(tokens).toEqual(['one', 'two'])
  })

  it('an unknown run is a 404 with the headers of the streams', async () => {
    const runs = machine(undefined, { stream: { headers: { 'Access-Control-Allow-Origin': '*' } } })
    const response = await fetch(await serve(runs, 'unknown'))
    expect([response.status, response.headers.get('access-control-allow-origin'), await response.text()]).toEqual([
      404,
      '*',
      '',
    ])
  })

  it('respond() rejects for what it cannot serve', async () => {
    const runs: Runs<any, any> = machine(undefined)
    await expect(respond(runs, '1', {} as never, {} as never)).rejects.toEqual(ofCode('invalid-option', /^req is /))
    const url = `http://127.0.0.1:${await listen(
      createServer((req, res) => void respond(runs, '', req, res).catch(({ code }) => res.writeHead(400).end(code))),
    )}/`
    expect(await (await fetch(url)).text()).toBe('invalid-option')
  })
})
