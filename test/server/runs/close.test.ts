// A shutdown lets the readers of ended runs receive their end, and waits neither for a stalled client nor for a log that is down.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoryLog } from '../../../src/server/index.ts'
import { gated, machine, parse, readRun, requestFor, sharedMemory } from './machines.ts'

afterEach(() => void vi.useRealTimers())

/** A reader of a run that has ended. The gate is closed: it receives nothing, until the gate is opened. */
async function readerAtGate(input: string) {
  const gate = gated(sharedMemory()())
  const runs = machine(gate.log)
  await runs.start('1', input)
  await readRun(runs, '1')
  const response = await runs.response(requestFor(), '1')
  gate.close()
  return { runs, response, open: gate.open }
}

/** From here on, time passes only when the test says so. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
}

describe('close()', () => {
  it('lets a reader of a run that ended before catch up', async () => {
    const { runs, response, open } = await readerAtGate('one two')
    stopTime()
    const closing = runs.close()
    await vi.advanceTimersByTimeAsync(50)
    open()
    await closing
    expect(parse(await response.text())).toMatchObject({ tokens: ['one', 'two'], how: 'done' })
  })

  it('lets a slow client receive everything', async () => {
    const words = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(8_192, '.'))
    const runs = machine(undefined)
    await runs.start('1', words.join(' '))
    await readRun(runs, '1')
    const response = await runs.response(requestFor(), '1')
    stopTime()
    const closing = runs.close()
    let text = ''
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece
      await vi.advanceTimersByTimeAsync(20)
    }
    await closing
    expect(parse(text)).toMatchObject({ tokens: words, how: 'done' })
  })

  it('ends the stream of a client that reads nothing, which reconnects', async () => {
    stopTime()
    const runs = machine(() => memoryLog(), {
      async *run() {
        for (let index = 0; index < 40; index++) yield { type: 'token', data: 'x'.repeat(8_192) }
      },
    })
    await runs.start('1', '')
    const response = await runs.response(requestFor(), '1')
    const closing = runs.close()
    await vi.advanceTimersByTimeAsync(2_000)
    await closing
    const { tokens, how, text } = parse(await response.text())
    expect(tokens.length).toBeLessThan(40)
    expect([how, /^retry: \d+$/m.test(text)]).toEqual([undefined, true])
  })

  it('is over after five seconds when the log answers no more', async () => {
    const { runs, response } = await readerAtGate('')
    stopTime()
    const closing = runs.close()
    await vi.advanceTimersByTimeAsync(5_000)
    await closing
    expect(parse(await response.text()).how).toBeUndefined()
  })
})
