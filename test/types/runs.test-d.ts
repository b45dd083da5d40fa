// Runs: the input, the events, `failed`, `lost` and the writers of streams are checked against the map.
import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import { defineEvents, text } from '../../src/index.ts'
import { createStream } from '../../src/server/index.ts'
import { createRuns, type RunStatus, type Runs } from '../../src/server/runs/index.ts'

interface Events {
  token: string
  failed: { reason: string }
  ping: undefined
}
const events = defineEvents({ token: text(), failed: v.object({ reason: v.string() }) })

describe('createRuns', () => {
  it('checks what is yielded', () => {
    createRuns<Events>({
      async *run() {
        yield { type: 'token', data: 'a' }
        yield { type: 'ping' }
      },
    })
    createRuns<Events>({
      // @ts-expect-error a token is a string
      async *run() {
        yield { type: 'token', data: 1 }
      },
    })
    createRuns<Events>({
      // @ts-expect-error there is no such event
      async *run() {
        yield { type: 'tokens', data: 'a' }
      },
    })
    // @ts-expect-error an async function is not a generator
    createRuns<Events>({ run: async () => {} })
    // @ts-expect-error `run` is required
    createRuns<Events>({})
  })

  it('checks failed and lost', () => {
    const run = async function* () {}
    createRuns<Events>({
      run,
      failed: () => ({ type: 'failed', data: { reason: 'a' } }),
      lost: { type: 'token', data: 'b' },
    })
    createRuns<Events>({ run, failed: () => undefined })
    // @ts-expect-error the reason is missing
    createRuns<Events>({ run, lost: { type: 'failed', data: {} } })
    // @ts-expect-error the reason is a string
    createRuns<Events>({ run, failed: () => ({ type: 'failed', data: { reason: 1 } }) })
  })

  it('checks the input of start()', async () => {
    const answers = createRuns<Events, { prompt: string }>({
      async *run({ id, input, signal }) {
        expectTypeOf(id).toEqualTypeOf<string>()
        expectTypeOf(input).toEqualTypeOf<{ prompt: string }>()
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
        yield { type: 'ping' }
      },
    })
    expectTypeOf(answers.start('1', { prompt: 'a' })).resolves.toEqualTypeOf<{ started: boolean }>()
    // @ts-expect-error the input is missing
    answers.start('1')
    // @ts-expect-error the prompt is a string
    answers.start('1', { prompt: 1 })
    createRuns<Events>({ async *run() {} }).start('1')
    // @ts-expect-error there is no input
    createRuns<Events>({ async *run() {} }).start('1', { prompt: 'a' })
  })

  it('infers map and input from their schemas, and gives the generator what the schema makes of the input', () => {
    const answers = createRuns({
      events,
      input: v.object({ count: v.pipe(v.string(), v.transform(Number)) }),
      async *run({ input }) {
        expectTypeOf(input).toEqualTypeOf<{ count: number }>()
        yield { type: 'token', data: 'a' }
      },
      lost: { type: 'failed', data: { reason: 'a' } },
    })
    answers.start('1', { count: '1' })
    // @ts-expect-error the schema takes a string
    answers.start('1', { count: 1 })
  })

  it('requires the map that a type comes from', () => {
    // @ts-expect-error `events` is missing
    createRuns<typeof events>({ async *run() {} })
    createRuns<typeof events>({ events, async *run() {} })
  })

  it('gives streams and statuses of its own', () => {
    const answers = createRuns<Events>({ async *run() {} })
    expectTypeOf(answers.status('1')).resolves.toEqualTypeOf<RunStatus>()
    expectTypeOf(answers.stop('1')).resolves.toEqualTypeOf<{ stopping: boolean }>()
    expectTypeOf(answers).toEqualTypeOf<Runs<Events>>()
    answers.subscribe(createStream<Events>(), '1')
    // @ts-expect-error a stream of other events
    answers.subscribe(createStream<{ other: string }>(), '1')
  })
})
