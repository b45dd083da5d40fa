import { describe, expect, it } from 'vitest'
import { deferred } from '../deferred.ts'
import {
  aborted,
  ended,
  entriesOf,
  forever,
  gated,
  machine,
  mute,
  parse,
  readRun,
  requestFor,
  type Store,
  wrapped,
} from './machines.ts'

/** Tests of runs that hold on every log. Each test has a store of its own. */
export function runsSuite(name: string, open: () => Promise<Store> | Store): void {
  describe(`runs on ${name}`, () => {
    it('start once, however often and on however many machines they are asked to', async () => {
      const store = await open()
      const calls: string[] = []
      const machines = ['a', 'b', 'c'].map((name) =>
        machine(store(), {
          async *run({ id, input }) {
            calls.push(`${name} ${id} ${input}`)
            yield { type: 'token', data: name }
          },
        }),
      )
      const answers = await Promise.all([...machines, ...machines].map((runs, index) => runs.start('1', `${index}`)))
      expect(answers.filter(({ started }) => started)).toHaveLength(1)
      for (const runs of machines) {
        expect(await readRun(runs, '1')).toMatchObject({ tokens: [calls[0]![0]], how: 'done' })
        expect(await runs.start('1', 'again')).toEqual({ started: false })
      }
      expect(calls).toHaveLength(1)
    })

    it('are read from the start or from a cursor, on any machine, while they run and afterwards', async () => {
      const store = await open()
      const [here, there] = [machine(store()), machine(store())]
      await here.start('1', 'one two three four')
      const [first, second] = await Promise.all([readRun(here, '1'), readRun(there, '1')])
      expect(first).toMatchObject({ tokens: ['one', 'two', 'three', 'four'], failed: [], how: 'done' })
      expect(second).toMatchObject({ tokens: first.tokens, ids: first.ids, how: 'done' })
      expect(await readRun(there, '1', first.ids[1])).toMatchObject({ tokens: ['three', 'four'], how: 'done' })
      expect(await readRun(there, '1', first.ids[3])).toMatchObject({ tokens: [], how: 'done' })
      expect((await there.response(requestFor('sse:end'), '1')).status).toBe(204)
    })

    it('are a 404, and nothing is created, where there is no such run', async () => {
      const log = (await open())()
      const runs = machine(log, { stream: { headers: { 'Access-Control-Allow-Origin': '*' } } })
      const response = await runs.response(requestFor(), 'unknown')
      expect([response.status, response.headers.get('Access-Control-Allow-Origin')]).toEqual([404, '*'])
      expect([await runs.status('unknown'), await runs.stop('unknown')]).toEqual(['none', { stopping: false }])
      expect(await runs.start('unknown', 'one')).toEqual({ started: true })
      expect((await readRun(runs, 'unknown')).tokens).toEqual(['one'])
      expect(await entriesOf(log('unknown'))).toEqual(['sse:run', 'one', 'end {"how":"done"}'])
    })

    it('stop when another machine says so: the signal aborts, the generator is returned', async () => {
      const store = await open()
      const over = deferred<string>()
      const here = machine(store(), {
        async *run({ signal }) {
          try {
            yield { type: 'token', data: 'one' }
            await aborted(signal)
          } finally {
            over.resolve(`aborted: ${signal.aborted}`)
          }
        },
      })
      const there = machine(store())
      await here.start('1', '')
      const readings = Promise.all([readRun(here, '1'), readRun(there, '1')])
      expect(await there.status('1')).toBe('running')
      expect(await there.stop('1')).toEqual({ stopping: true })
      for (const reading of await readings)
        expect(reading).toMatchObject({ tokens: ['one'], failed: [], how: 'stopped' })
      expect(await over.promise).toBe('aborted: true')
      expect([await here.status('1'), await there.status('1')]).toEqual(['stopped', 'stopped'])
    })

    it.each(['claimed', 'followed'])('stop at once when the stop comes as soon as the run is %s', async (when) => {
      const store = await open()
      const there = machine(store())
      const log = store()
      const stops: unknown[] = []
      const here = machine(
        (id) => {
          const own = log(id)
          return wrapped(own, {
            async append(entries, options) {
              const cursors = await own.append(entries, options)
              if (when === 'claimed' && entries[0]!.type === 'sse:run') stops.push(await there.stop(id))
              return cursors
            },
            follow(onEntries, onLost) {
              if (when === 'followed') stops.push(there.stop(id))
              return own.follow(onEntries, onLost)
            },
          })
        },
        // No sign of life finds the stop in time.
        {
          lease: 600_000,
          async *run({ signal }) {
            yield await aborted(signal)
          },
        },
      )
      await here.start('1', '')
      expect(await readRun(there, '1')).toMatchObject({ tokens: [], how: 'stopped' })
      expect(await Promise.all(stops)).toEqual([{ stopping: true }])
      expect(await entriesOf(log('1'))).toEqual(['sse:run', 'sse:stop', 'end {"how":"stopped"}'])
    })

    it('are not stopped late, and the press leaves nothing behind', async () => {
      const log = (await open())()
      const runs = machine(log)
      await runs.start('1', 'one')
      await readRun(runs, '1')
      expect(await runs.stop('1')).toEqual({ stopping: false })
      expect([await runs.status('1'), await entriesOf(log('1'))]).toEqual([
        'done',
        ['sse:run', 'one', 'end {"how":"done"}'],
      ])
    })

    it('end at once when their generator ignores the signal, and publish nothing of it any more', async () => {
      const log = (await open())()
      const more = deferred<void>()
      const runs = machine(log, {
        async *run() {
          yield { type: 'token', data: 'one' }
          await more.promise
          yield { type: 'token', data: 'late' }
        },
      })
      await runs.start('1', '')
      const reading = readRun(runs, '1')
      await runs.stop('1')
      expect(await reading).toMatchObject({ tokens: ['one'], how: 'stopped' })
      more.resolve()
      await new Promise((resolve) => setTimeout(resolve))
      expect(await entriesOf(log('1'))).not.toContain('late')
    })

    it('end as failed when their generator throws, without its error, which is reported', async () => {
      const log = (await open())()
      const runs = machine(log, {
        async *run() {
          yield { type: 'token', data: 'one' }
          throw new RangeError('out of memory on gpu-7')
        },
      })
      const errors: unknown[] = []
      runs.onError(({ code, cause }) => errors.push([code, (cause as Error).message]))
      await runs.start('1', '')
      const reading = await readRun(runs, '1')
      expect(reading).toMatchObject({ tokens: ['one'], failed: ['RangeError'], how: 'failed' })
      expect(reading.text).not.toContain('gpu-7')
      expect(errors).toEqual([['callback-failed', 'out of memory on gpu-7']])
      expect((await entriesOf(log('1'))).slice(-2)).toEqual(['failed', 'end {"how":"failed"}'])
    })

    it('live on signs of life while their generator is silent, and show none of them', async () => {
      const store = await open()
      const log = store()
      const silence = deferred<void>()
      const here = machine(log, {
        lease: 300,
        async *run() {
          await silence.promise
          yield { type: 'token', data: 'at last' }
        },
      })
      const there = machine(store(), { lease: 300 })
      await here.start('1', '')
      const [near, far] = [readRun(here, '1'), readRun(there, '1')]
      await expect.poll(async () => (await entriesOf(log('1'))).length).toBeGreaterThanOrEqual(12)
      expect(await there.status('1')).toBe('running')
      await there.stop('unknown')
      silence.resolve()
      for (const reading of [await near, await far]) {
        expect(reading).toMatchObject({ tokens: ['at last'], failed: [], how: 'done' })
        expect(reading.text).not.toMatch(/sse:(run|beat|stop)/)
      }
    })

    it('need no sign of life while they publish', async () => {
      const log = (await open())()
      const runs = machine(log, {
        lease: 600,
        async *run() {
          for (let index = 0; index < 60; index++) {
            await new Promise((resolve) => setTimeout(resolve, 20))
            yield { type: 'token', data: `${index}` }
          }
        },
      })
      await runs.start('1', '')
      await readRun(runs, '1')
      const entries = await entriesOf(log('1'))
      expect(entries.filter((entry) => entry === 'sse:beat')).toEqual([])
      expect(entries).toHaveLength(62)
    })

    it('are reported lost, everywhere and once, when their producer has gone', async () => {
      const store = await open()
      const dead = machine(mute(store()), { lease: 300, run: ({ signal }) => forever(signal) })
      await dead.start('1', '')
      const machines = [machine(store(), { lease: 300 }), machine(store(), { lease: 300 })]
      const readings = await Promise.all([...machines, ...machines].map((runs) => readRun(runs, '1')))
      for (const reading of readings) {
        expect(reading).toMatchObject({ tokens: ['one'], failed: ['the server went away'], how: 'lost' })
      }
      expect(await machines[0]!.status('1')).toBe('lost')
    })

    it.each(['status', 'start'] as const)('are reported lost after a call of %s alone', async (call) => {
      const store = await open()
      const log = store()
      await machine(mute(store()), { lease: 300, run: ({ signal }) => forever(signal) }).start('1', '')
      // A sign of life after the call would end the watch.
      await expect.poll(() => entriesOf(log('1'))).toContain('one')
      const runs = machine(log, { lease: 300 })
      if (call === 'status') await runs.status('1')
      else expect(await runs.start('1', 'again')).toEqual({ started: false })
      await expect.poll(async () => (await entriesOf(log('1'))).at(-1)).toMatch(/^end/)
      expect(await runs.status('1')).toBe('lost')
    })

    it('fence a producer that was reported lost and lives', async () => {
      const store = await open()
      const log = store()
      let wake = () => {}
      const zombie = machine(
        mute(log, (call) => (wake = call)),
        { lease: 300, run: ({ signal }) => forever(signal, () => 'late') },
      )
      await zombie.start('1', '')
      const other = machine(store(), { lease: 300 })
      expect(await readRun(other, '1')).toMatchObject({ tokens: ['one'], how: 'lost' })
      wake()
      await expect.poll(() => zombie.status('1')).toBe('lost')
      expect((await entriesOf(log('1'))).filter((entry) => !entry.startsWith('sse:'))).toEqual([
        'one',
        'failed',
        'end {"how":"lost"}',
      ])
    })

    it('finish within the deadline of a shutdown', async () => {
      const store = await open()
      const [here, there] = [machine(store()), machine(store())]
      await here.start('1', 'one two three')
      const reading = readRun(there, '1')
      await here.close({ deadline: 10_000 })
      expect(await reading).toMatchObject({ tokens: ['one', 'two', 'three'], how: 'done' })
      await expect(here.start('2', 'one')).rejects.toMatchObject({ code: 'closed' })
    })

    it('are handed over as lost when it is over', async () => {
      const store = await open()
      const signals: AbortSignal[] = []
      const here = machine(store(), {
        run: ({ signal }) => {
          signals.push(signal)
          return forever(signal)
        },
      })
      const there = machine(store())
      await here.start('1', '')
      const reading = readRun(there, '1')
      const response = await here.response(requestFor(), '1')
      await here.close()
      expect(await reading).toMatchObject({ tokens: ['one'], failed: ['the server went away'], how: 'lost' })
      expect(await response.text()).toContain('"how":"lost"')
      expect(signals[0]!.aborted).toBe(true)
    })

    it.each(['lost', 'done'])('that end as %s in a shutdown let readers catch up to their end', async (how) => {
      const log = (await open())()
      const gate = gated(log)
      const finish = deferred<void>()
      const runs = machine(gate.log, {
        async *run() {
          yield { type: 'token', data: 'one' }
          await finish.promise
          yield { type: 'token', data: 'two' }
        },
      })
      await runs.start('1', '')
      const response = await runs.response(requestFor(), '1')
      gate.close()
      const over = ended(log('1'))
      const closing = runs.close({ deadline: how === 'done' ? 10_000 : 0 })
      if (how === 'done') finish.resolve()
      await over
      // A close that does not wait for its readers is over by then.
      await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, 50))])
      gate.open()
      await closing
      const reading = parse(await response.text())
      expect(reading).toMatchObject({ tokens: how === 'done' ? ['one', 'two'] : ['one'], how })
      finish.resolve()
    })
  })
}
